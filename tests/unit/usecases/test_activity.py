"""The owner's activity lists every use of the face, failed ones too, and nobody else's."""

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
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.operators.register import register_merchant, register_terminal
from facepay.usecases.records import activity
from facepay.usecases.records.activity import read_activity
from facepay.usecases.request import Caller
from facepay.usecases.responses import FaceUseAnswer
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, WRONG_CODE, Customer, Scenario, key


def uses(scenario: Scenario, customer: Customer) -> list[FaceUseAnswer]:
    return read_activity(scenario.deps, customer.caller.subject_id, before=None)


def event_data(fakes: FakeDependencies, kind: EventKind = EventKind.FACE_USED) -> list[Any]:
    with fakes.database() as uow:
        events = uow.events.find_all(after_seq=0, kind=kind.value)
    return [json.loads(event.body_for(OPERATOR))["data"] for event in events]


def pay(scenario: Scenario, customer: Customer) -> str:
    return scenario.enter_code(scenario.show_face(customer), scenario.code_of(customer)).state


def move_to(scenario: Scenario, city: str | None = None, *, other_shop: bool = True) -> None:
    """Give the scenario another terminal from here on."""
    merchant = scenario.merchant
    if other_shop:
        shop = register_merchant(scenario.deps, scenario.command(scenario.operator), "other", key())
        merchant = Caller(shop.keyid, Role.MERCHANT, shop.id)
    command = scenario.command(merchant)
    terminal = register_terminal(scenario.deps, command, "terminal 2", key(), city)
    scenario.terminal = Caller(terminal.keyid, Role.TERMINAL, terminal.id)


def hold(scenario: Scenario, *flags: Flag) -> None:
    rules = replace(scenario.deps.policy.early_warning, hold=frozenset(flags))
    scenario.deps = replace(
        scenario.deps, policy=replace(scenario.deps.policy, early_warning=rules)
    )


def test_the_activity_lists_every_use_newest_first(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    assert pay(scenario, ada) == "approved"
    scenario.enter_code(scenario.show_face(ada), WRONG_CODE)
    scenario.show_face(ada, "bob")
    fakes.pad.outcome = PadOutcome.ATTACK
    with pytest.raises(CaptureRefused):
        scenario.show_face(ada)
    outcomes = ["refused", "awaiting_second_factor", "declined", "approved"]
    found = uses(scenario, ada)
    assert [use.outcome for use in found] == outcomes
    assert (found[-1].merchant, found[-1].terminal) == ("shop", "terminal")
    assert (found[-1].amount_minor, found[-1].currency) == (1250, "EUR")


def test_the_operator_gets_an_event_for_each_use(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    intent = scenario.show_face(ada)
    assert [each["outcome"] for each in event_data(fakes)] == ["awaiting_second_factor"]
    scenario.enter_code(intent, scenario.code_of(ada))
    fakes.pad.outcome = PadOutcome.ATTACK
    with pytest.raises(CaptureRefused):
        scenario.show_face(ada)
    assert [each["outcome"] for each in event_data(fakes)] == ["awaiting_second_factor", "refused"]
    assert {each["customer"] for each in event_data(fakes)} == {ada.caller.subject_id}


def test_neither_the_activity_nor_an_event_reveals_a_match(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    scenario.enter_code(scenario.show_face(ada, "bob"), scenario.code_of(ada))
    scenario.enter_code(scenario.show_face(ada), WRONG_CODE)
    wrong_code, wrong_face = uses(scenario, ada)
    blank = {"id": "", "at": "", "payment_intent": ""}
    assert replace(wrong_code, **blank) == replace(wrong_face, **blank)
    assert "match" not in json.dumps(event_data(fakes))


def test_enrolments_and_password_payments_are_not_in_the_activity(
    scenario: Scenario, ada: Customer
) -> None:
    scenario.pay_by_password(scenario.intent(), "ada", Credentials(PASSWORD, scenario.code_of(ada)))
    assert uses(scenario, ada) == []


def test_nobody_sees_the_uses_of_another(scenario: Scenario, ada: Customer) -> None:
    bob = scenario.enrol("bob")
    pay(scenario, ada)
    assert uses(scenario, bob) == []
    (use,) = uses(scenario, ada)
    with pytest.raises(InvalidRequest):
        read_activity(scenario.deps, bob.caller.subject_id, before=use.id)


def test_a_long_activity_is_read_page_by_page(
    scenario: Scenario, ada: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "PAGE", 2)
    for _ in range(5):
        scenario.show_face(ada)
    pages, before = [], None
    for _ in range(3):
        page = read_activity(scenario.deps, ada.caller.subject_id, before=before)
        pages.append([use.id for use in page])
        before = page[-1].id
    assert [len(page) for page in pages] == [2, 2, 1]
    assert len({use for page in pages for use in page}) == 5
    assert read_activity(scenario.deps, ada.caller.subject_id, before=before) == []


def test_a_new_merchant_in_a_new_city_is_flagged(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    move_to(scenario, "Bern")
    pay(scenario, ada)
    fakes.clock.advance(timedelta(days=1).total_seconds())
    move_to(scenario, "Basel")
    assert pay(scenario, ada) == "approved", "a flag alone holds nothing"
    assert uses(scenario, ada)[0].flags == ["new_merchant", "new_city"]
    assert event_data(fakes)[-1]["flags"] == ["new_merchant", "new_city"]
    pay(scenario, ada)
    assert uses(scenario, ada)[0].flags == []


def test_a_merchant_that_was_paid_by_password_is_not_new(scenario: Scenario, ada: Customer) -> None:
    pay(scenario, ada)
    move_to(scenario)
    scenario.pay_by_password(scenario.intent(), "ada", Credentials(PASSWORD, scenario.code_of(ada)))
    scenario.show_face(ada)
    assert uses(scenario, ada)[0].flags == []


def test_a_terminal_cannot_recognise_a_payment_on_hold_and_the_owner_sees_the_reason(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    pay(scenario, ada)
    hold(scenario, Flag.NEW_MERCHANT)
    move_to(scenario)
    on_hold = scenario.enter_code(scenario.show_face(ada), scenario.code_of(ada))
    wrong = scenario.enter_code(scenario.show_face(ada), WRONG_CODE)
    blank = {"id": "", "expires_at": ""}
    assert replace(on_hold, **blank) == replace(wrong, **blank)
    assert on_hold.reason_class == "not_verified"
    _, use, _ = uses(scenario, ada)
    assert (use.outcome, use.on_hold, use.flags) == ("declined", True, ["new_merchant"])
    assert [each["on_hold"] for each in event_data(fakes, EventKind.PAYMENT_DECLINED)] == [
        True,
        False,
    ]
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    by_password = scenario.pay_by_password(scenario.intent(), "ada", credentials)
    assert by_password.state == "approved", "the password pays while a face is on hold"
    assert pay(scenario, ada) == "approved", "and the merchant is a known one from then on"


def test_a_wrong_code_is_not_shown_as_on_hold(scenario: Scenario, ada: Customer) -> None:
    pay(scenario, ada)
    hold(scenario, Flag.NEW_MERCHANT)
    move_to(scenario)
    scenario.enter_code(scenario.show_face(ada), WRONG_CODE)
    assert [use.on_hold for use in uses(scenario, ada)] == [False, False]


def test_a_strangers_failures_do_not_make_a_place_usual(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "COMPARED_WITH", 4)
    move_to(scenario, "Bern")
    pay(scenario, ada)
    move_to(scenario, "Basel")
    for _ in range(5):
        scenario.show_face(ada, "bob")
    assert {"new_merchant", "new_city"} <= set(uses(scenario, ada)[0].flags)


def test_a_use_is_listed_once_although_its_worker_died(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal is committed, the answer is not yet: the retry judges the burst once more."""
    fakes.pad.outcome = PadOutcome.ATTACK
    capture, command = (
        scenario.open_payment(scenario.intent(), "ada"),
        scenario.command(scenario.terminal),
    )
    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "_remember_refusal", _dies)
        with pytest.raises(KeyboardInterrupt):
            scenario.send(scenario.terminal, capture, "ada", command)
    fakes.clock.advance(11)
    with pytest.raises(CaptureRefused):
        scenario.send(scenario.terminal, capture, "ada", command)
    assert [use.outcome for use in uses(scenario, ada)] == ["refused"]
    assert len(event_data(fakes)) == 1


def _dies(*_: object) -> None:
    raise KeyboardInterrupt
