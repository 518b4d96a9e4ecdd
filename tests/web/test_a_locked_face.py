"""Lock, look, unlock: over HTTP, on real parts."""

import pytest

from facepay_client import Problem
from tests.stand.people import PASSWORD, Street, Till


def test_a_lost_phone_is_answered_by_a_lock_and_the_face_comes_back_without_enrolling(
    street: Street, till: Till
) -> None:
    payer = street.payer(face="grace")
    waiting = till.intent()
    street.show_face(till, waiting, payer, "grace")

    locked = payer.customer.lock_face(payer.enrolment_id, code=payer.code())

    assert (locked.state, locked.key_destroyed) == ("locked", False)
    with pytest.raises(Problem) as refused:
        till.terminal.send_code(waiting.id, payer.code())
    gone = (refused.value.status, refused.value.code, refused.value.user_action)
    assert gone == (409, "face_not_available", "use_password")
    paid = till.terminal.use_password(waiting.id, payer.alias, PASSWORD, payer.code())
    assert paid.state == "approved"

    unlocked = payer.customer.unlock_face(payer.enrolment_id, PASSWORD, payer.code())

    assert unlocked.state == "active"
    intent = till.intent()
    street.show_face(till, intent, payer, "grace")
    assert till.terminal.send_code(intent.id, payer.code()).state == "approved"
