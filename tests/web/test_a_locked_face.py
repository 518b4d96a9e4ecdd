"""Lock and unlock a face over HTTP, on real parts."""

import pytest

from facepay_client import Credentials, Problem
from tests.support.people import PASSWORD, PointOfSale, Scenario


def test_the_owner_of_a_lost_phone_locks_and_unlocks_the_face_without_enrolling(
    scenario: Scenario, pos: PointOfSale
) -> None:
    payer = scenario.payer(face="grace")
    waiting = pos.intent()
    scenario.show_face(pos, waiting, payer, "grace")

    locked = payer.customer.lock_face(payer.enrolment_id, Credentials(code=payer.code()))

    assert (locked.state, locked.key_destroyed) == ("locked", False)
    with pytest.raises(Problem) as refused:
        pos.terminal.send_code(waiting.id, payer.code())
    gone = (refused.value.status, refused.value.code, refused.value.user_action)
    assert gone == (409, "face_not_available", "use_password")
    paid = pos.terminal.use_password(waiting.id, payer.alias, Credentials(PASSWORD, payer.code()))
    assert paid.state == "approved"

    unlocked = payer.customer.unlock_face(payer.enrolment_id, Credentials(PASSWORD, payer.code()))

    assert unlocked.state == "active"
    intent = pos.intent()
    scenario.show_face(pos, intent, payer, "grace")
    assert pos.terminal.send_code(intent.id, payer.code()).state == "approved"
