"""The owner's activity: every use of the face is there, failed ones too, and nobody else's."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from facepay.domain.capture import PadOutcome
from facepay.domain.customer import Role
from facepay.domain.errors import CaptureRefused, InvalidRequest
from facepay.domain.event import OPERATOR, EventKind
from facepay.domain.face_use import Flag
from facepay.usecases import idempotency
from facepay.usecases.authentication.verify_credentials import Credentials
from facepay.usecases.operators.register import register_merchant, register_terminal
from facepay.usecases.records import activity
from facepay.usecases.records.activity import read_activity
from facepay.usecases.request import Caller
from facepay.usecases.responses import FaceUseAnswer
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.street import PASSWORD, WRONG_CODE, Customer, Street, key


def uses(street: Street, customer: Customer) -> list[FaceUseAnswer]:
    return read_activity(street.deps, customer.caller.subject_id, before=None)


def told(fakes: FakeDependencies, kind: EventKind = EventKind.FACE_USED) -> list[Any]:
    with fakes.database() as uow:
        events = uow.events.find_all(after_seq=0, kind=kind.value)
    return [json.loads(event.body_for(OPERATOR))["data"] for event in events]


def pay(street: Street, customer: Customer) -> str:
    return street.enter(street.show_face(customer), street.code_of(customer)).state


def move_to(street: Street, city: str | None = None, *, other_shop: bool = True) -> None:
    """The street's till is another one from here on."""
    merchant = street.merchant
    if other_shop:
        shop = register_merchant(street.deps, street.command(street.operator), "other", key())
        merchant = Caller(shop.keyid, Role.MERCHANT, shop.id)
    command = street.command(merchant)
    terminal = register_terminal(street.deps, command, "till 2", key(), city)
    street.terminal = Caller(terminal.keyid, Role.TERMINAL, terminal.id)


def hold(street: Street, *flags: Flag) -> None:
    rules = replace(street.deps.policy.early_warning, hold=frozenset(flags))
    street.deps = replace(street.deps, policy=replace(street.deps.policy, early_warning=rules))


def test_every_use_is_there_newest_first(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    assert pay(street, ada) == "approved"
    street.enter(street.show_face(ada), WRONG_CODE)
    street.show_face(ada, "bob")
    fakes.pad.outcome = PadOutcome.ATTACK
    with pytest.raises(CaptureRefused):
        street.show_face(ada)
    outcomes = ["refused", "awaiting_second_factor", "declined", "approved"]
    found = uses(street, ada)
    assert [use.outcome for use in found] == outcomes
    assert (found[-1].merchant, found[-1].terminal) == ("shop", "terminal")
    assert (found[-1].amount_minor, found[-1].currency) == (1250, "EUR")


def test_the_bank_is_told_of_each_use_when_it_happens(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    intent = street.show_face(ada)
    assert [each["outcome"] for each in told(fakes)] == ["awaiting_second_factor"]
    street.enter(intent, street.code_of(ada))
    fakes.pad.outcome = PadOutcome.ATTACK
    with pytest.raises(CaptureRefused):
        street.show_face(ada)
    assert [each["outcome"] for each in told(fakes)] == ["awaiting_second_factor", "refused"]
    assert {each["customer"] for each in told(fakes)} == {ada.caller.subject_id}


def test_neither_the_activity_nor_an_event_tells_whose_face_it_was(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    street.enter(street.show_face(ada, "bob"), street.code_of(ada))
    street.enter(street.show_face(ada), WRONG_CODE)
    wrong_code, wrong_face = uses(street, ada)
    blank = {"id": "", "at": "", "payment_intent": ""}
    assert replace(wrong_code, **blank) == replace(wrong_face, **blank)
    assert "match" not in json.dumps(told(fakes))


def test_enrolling_a_face_or_paying_by_password_is_no_use_of_it(
    street: Street, ada: Customer
) -> None:
    street.pay_by_password(street.intent(), "ada", Credentials(PASSWORD, street.code_of(ada)))
    assert uses(street, ada) == []


def test_nobody_sees_the_uses_of_another(street: Street, ada: Customer) -> None:
    bob = street.enrol("bob")
    pay(street, ada)
    assert uses(street, bob) == []
    (use,) = uses(street, ada)
    with pytest.raises(InvalidRequest):
        read_activity(street.deps, bob.caller.subject_id, before=use.id)


def test_a_long_activity_is_read_page_by_page(
    street: Street, ada: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "PAGE", 2)
    for _ in range(5):
        street.show_face(ada)
    pages, before = [], None
    for _ in range(3):
        page = read_activity(street.deps, ada.caller.subject_id, before=before)
        pages.append([use.id for use in page])
        before = page[-1].id
    assert [len(page) for page in pages] == [2, 2, 1]
    assert len({use for page in pages for use in page}) == 5
    assert read_activity(street.deps, ada.caller.subject_id, before=before) == []


def test_a_new_merchant_in_a_new_city_is_flagged(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    move_to(street, "Bern")
    pay(street, ada)
    fakes.clock.advance(timedelta(days=1).total_seconds())
    move_to(street, "Basel")
    assert pay(street, ada) == "approved", "a flag alone holds nothing"
    assert uses(street, ada)[0].flags == ["new_merchant", "new_city"]
    assert told(fakes)[-1]["flags"] == ["new_merchant", "new_city"]
    pay(street, ada)
    assert uses(street, ada)[0].flags == []


def test_a_merchant_that_was_paid_by_password_is_not_new(street: Street, ada: Customer) -> None:
    pay(street, ada)
    move_to(street)
    street.pay_by_password(street.intent(), "ada", Credentials(PASSWORD, street.code_of(ada)))
    street.show_face(ada)
    assert uses(street, ada)[0].flags == []


def test_a_held_payment_looks_to_the_terminal_like_any_other_and_the_owner_sees_why(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    pay(street, ada)
    hold(street, Flag.NEW_MERCHANT)
    move_to(street)
    on_hold = street.enter(street.show_face(ada), street.code_of(ada))
    wrong = street.enter(street.show_face(ada), WRONG_CODE)
    blank = {"id": "", "expires_at": ""}
    assert replace(on_hold, **blank) == replace(wrong, **blank)
    assert on_hold.reason_class == "not_verified"
    _, use, _ = uses(street, ada)
    assert (use.outcome, use.on_hold, use.flags) == ("declined", True, ["new_merchant"])
    assert [each["on_hold"] for each in told(fakes, EventKind.PAYMENT_DECLINED)] == [True, False]
    credentials = Credentials(PASSWORD, street.code_of(ada))
    by_password = street.pay_by_password(street.intent(), "ada", credentials)
    assert by_password.state == "approved", "the password is the way, also where a face is held"
    assert pay(street, ada) == "approved", "and the merchant is a known one from then on"


def test_a_wrong_code_is_not_told_as_held(street: Street, ada: Customer) -> None:
    pay(street, ada)
    hold(street, Flag.NEW_MERCHANT)
    move_to(street)
    street.enter(street.show_face(ada), WRONG_CODE)
    assert [use.on_hold for use in uses(street, ada)] == [False, False]


def test_a_stranger_who_fails_often_enough_makes_nothing_usual(
    street: Street, fakes: FakeDependencies, ada: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "COMPARED_WITH", 4)
    move_to(street, "Bern")
    pay(street, ada)
    move_to(street, "Basel")
    for _ in range(5):
        street.show_face(ada, "bob")
    assert {"new_merchant", "new_city"} <= set(uses(street, ada)[0].flags)


def test_a_line_is_written_once_though_its_worker_died_after_it(
    street: Street, fakes: FakeDependencies, ada: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal is committed, the answer is not yet: the retry judges the burst once more."""
    fakes.pad.outcome = PadOutcome.ATTACK
    capture, command = street.open_payment(street.intent(), "ada"), street.command(street.terminal)
    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "_remember_refusal", _dies)
        with pytest.raises(KeyboardInterrupt):
            street.send(street.terminal, capture, "ada", command)
    fakes.clock.advance(11)
    with pytest.raises(CaptureRefused):
        street.send(street.terminal, capture, "ada", command)
    assert [use.outcome for use in uses(street, ada)] == ["refused"]
    assert len(told(fakes)) == 1


def _dies(*_: object) -> None:
    raise KeyboardInterrupt
