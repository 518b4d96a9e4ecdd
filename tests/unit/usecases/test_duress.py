"""The duress code looks and costs like a wrong code, and only the operator gets an alarm."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from facepay.domain.decision import UNDER_DURESS, UNDER_DURESS_ON_HOLD
from facepay.domain.duress import DuressAction, DuressPolicy
from facepay.domain.errors import CredentialsRejected, InvalidRequest
from facepay.domain.event import OPERATOR, EventKind, merchant_audience
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.customers.duress_code import remove_duress_code, set_duress_code
from facepay.usecases.faces.enrol import begin_enrolment
from facepay.usecases.payments.intents import reverse_payment
from facepay.usecases.responses import IntentAnswer
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, WRONG_CODE, Customer, Scenario

DURESS = "271828"
_OF_THE_INTENT = ("id", "expires_at")


@pytest.fixture
def coerced(scenario: Scenario, ada: Customer) -> Customer:
    """Give Ada a duress code."""
    set_code(scenario, ada, DURESS)
    return ada


def set_code(scenario: Scenario, customer: Customer, code: str) -> None:
    credentials = Credentials(PASSWORD, scenario.code_of(customer))
    set_duress_code(scenario.deps, scenario.command(customer.caller), credentials, code)


def by_face(scenario: Scenario, payer: Customer, code: str) -> IntentAnswer:
    return scenario.enter_code(scenario.show_face(payer), code)


def by_password(scenario: Scenario, payer: Customer, code: str) -> IntentAnswer:
    return scenario.pay_by_password(scenario.intent(), payer.alias, Credentials(PASSWORD, code))


PATHS = pytest.mark.parametrize("pay", [by_face, by_password])
Pay = Callable[[Scenario, Customer, str], IntentAnswer]


def fields_of(answer: IntentAnswer) -> dict[str, Any]:
    names = set(answer.__dataclass_fields__) - set(_OF_THE_INTENT)
    return {name: getattr(answer, name) for name in names}


def events(fakes: FakeDependencies, kind: EventKind) -> list[Any]:
    with fakes.database() as uow:
        return uow.events.find_all(kind=kind.value)


def reasons(fakes: FakeDependencies) -> list[str | None]:
    with fakes.database() as uow:
        return [intent.decision_reason for intent in uow.intents.find_all()]


@contextmanager
def statements(fakes: FakeDependencies) -> Iterator[list[str]]:
    """Collect the text of every SQL statement, in order, without its values."""
    seen: list[str] = []

    def note(*call: Any) -> None:
        seen.append(call[2])

    event.listen(fakes.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(fakes.database.engine, "before_cursor_execute", note)


@PATHS
def test_a_terminal_gets_the_same_answer_for_duress_as_for_a_wrong_code(
    scenario: Scenario, coerced: Customer, pay: Pay
) -> None:
    wrong, duress = pay(scenario, coerced, WRONG_CODE), pay(scenario, coerced, DURESS)
    assert fields_of(wrong) == fields_of(duress)
    assert (duress.state, duress.authorization) == ("declined", None)


@PATHS
def test_duress_is_the_same_work_as_a_wrong_code_statement_for_statement(
    scenario: Scenario, fakes: FakeDependencies, coerced: Customer, pay: Pay
) -> None:
    pay(scenario, coerced, WRONG_CODE)
    with statements(fakes) as of_wrong:
        pay(scenario, coerced, WRONG_CODE)
    with statements(fakes) as of_duress:
        pay(scenario, coerced, DURESS)
    assert of_wrong == of_duress


def test_a_wrong_face_with_a_right_code_is_recorded_like_a_wrong_code(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    intent = scenario.show_face(ada, "somebody else")
    assert scenario.enter_code(intent, scenario.code_of(ada)).state == "declined"
    assert len(events(fakes, EventKind.CREDENTIALS_REJECTED)) == 1


@PATHS
def test_only_the_operator_gets_the_alarm(
    scenario: Scenario, fakes: FakeDependencies, coerced: Customer, pay: Pay
) -> None:
    pay(scenario, coerced, DURESS)
    (alarm,) = events(fakes, EventKind.DURESS_ALARM)
    assert (alarm.merchant_audience, alarm.shared) == (None, None)
    assert coerced.caller.subject_id in alarm.for_operator
    for declined in events(fakes, EventKind.PAYMENT_DECLINED):
        assert "duress" not in (declined.shared or "")


def test_a_face_under_duress_pays_nothing_and_the_terminal_notices_nothing(
    scenario: Scenario, fakes: FakeDependencies, coerced: Customer
) -> None:
    by_face(scenario, coerced, DURESS)
    intent = scenario.show_face(coerced)
    assert scenario.enter_code(intent, scenario.code_of(coerced)).state == "declined"
    assert reasons(fakes)[-1] == UNDER_DURESS


def test_the_password_still_pays_after_duress(scenario: Scenario, coerced: Customer) -> None:
    by_face(scenario, coerced, DURESS)
    assert by_password(scenario, coerced, scenario.code_of(coerced)).state == "approved"


def test_a_payment_with_a_right_code_under_way_elsewhere_is_not_approved_after_duress(
    scenario: Scenario, fakes: FakeDependencies, coerced: Customer
) -> None:
    waiting = scenario.show_face(coerced)
    code = scenario.code_of(coerced)

    def called_for_help() -> None:
        by_password(scenario, coerced, DURESS)

    with between_check_and_commit(fakes, called_for_help):
        assert scenario.enter_code(waiting, code).state == "declined"


@contextmanager
def between_check_and_commit(fakes: FakeDependencies, act: Callable[[], object]) -> Iterator[None]:
    """Run `act` when the authorization is signed: after step 6, before step 7."""
    sign = fakes.signer.sign

    def sign_late(claims: Any, *, typ: str) -> str:
        fakes.signer.sign = sign  # type: ignore[method-assign]
        act()
        return sign(claims, typ=typ)

    fakes.signer.sign = sign_late  # type: ignore[method-assign]
    yield


def test_the_duress_code_wins_over_a_one_time_code_of_the_same_digits(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    set_code(scenario, ada, DURESS)
    fakes.codes.code = lambda secret, at: DURESS  # type: ignore[method-assign]
    assert by_password(scenario, ada, DURESS).state == "declined"
    assert len(events(fakes, EventKind.DURESS_ALARM)) == 1


def test_a_real_code_cannot_become_the_duress_code(scenario: Scenario, ada: Customer) -> None:
    real = scenario.code_of(ada)
    with pytest.raises(InvalidRequest) as refusal:
        set_duress_code(
            scenario.deps, scenario.command(ada.caller), Credentials(PASSWORD, real), real
        )
    assert refusal.value.param == "duress_code"


@pytest.mark.parametrize(
    "credentials", [Credentials(PASSWORD), Credentials(code=WRONG_CODE), Credentials("wrong word")]
)
def test_less_than_password_and_code_sets_no_duress_code(
    scenario: Scenario, ada: Customer, credentials: Credentials
) -> None:
    with pytest.raises(CredentialsRejected):
        set_duress_code(scenario.deps, scenario.command(ada.caller), credentials, DURESS)


def test_duress_on_the_own_device_is_rejected_and_raises_an_alarm(
    scenario: Scenario, fakes: FakeDependencies, coerced: Customer
) -> None:
    scenario.revoke(coerced)
    credentials, command = Credentials(PASSWORD, DURESS), scenario.command(coerced.caller)
    with pytest.raises(CredentialsRejected):
        set_duress_code(scenario.deps, command, credentials, "314159")
    assert len(events(fakes, EventKind.DURESS_ALARM)) == 1


def test_a_removed_duress_code_is_a_wrong_code_like_others(
    scenario: Scenario, fakes: FakeDependencies, coerced: Customer
) -> None:
    credentials = Credentials(PASSWORD, scenario.code_of(coerced))
    remove_duress_code(scenario.deps, scenario.command(coerced.caller), credentials)
    assert by_password(scenario, coerced, DURESS).state == "declined"
    assert not events(fakes, EventKind.DURESS_ALARM)


@PATHS
def test_a_policy_may_approve_a_small_payment_under_duress_and_put_it_on_hold(
    scenario: Scenario, fakes: FakeDependencies, coerced: Customer, pay: Pay
) -> None:
    hold = DuressPolicy(DuressAction.APPROVE_AND_HOLD, (("EUR", 1250),))
    ordinary = pay(scenario, coerced, scenario.code_of(coerced))
    policy = replace(scenario.deps.policy, duress=hold)
    object.__setattr__(scenario, "deps", replace(scenario.deps, policy=policy))
    paid = pay(scenario, coerced, DURESS)
    assert paid.authorization is not None
    differ = {
        name for name in fields_of(paid) if fields_of(paid)[name] != fields_of(ordinary)[name]
    }
    assert differ == {"authorization"}
    assert reasons(fakes)[-1] == UNDER_DURESS_ON_HOLD
    assert len(events(fakes, EventKind.DURESS_ALARM)) == 1


@PATHS
def test_events_mark_every_payment_under_duress_as_on_hold(
    scenario: Scenario, fakes: FakeDependencies, coerced: Customer, pay: Pay
) -> None:
    pay(scenario, coerced, scenario.code_of(coerced))
    hold = DuressPolicy(DuressAction.APPROVE_AND_HOLD, (("EUR", 1250),))
    policy = replace(scenario.deps.policy, duress=hold)
    object.__setattr__(scenario, "deps", replace(scenario.deps, policy=policy))
    reverse_payment(
        scenario.deps, scenario.command(scenario.merchant), pay(scenario, coerced, DURESS).id
    )
    kinds = (EventKind.PAYMENT_APPROVED, EventKind.PAYMENT_REVERSED)
    operator, shop = OPERATOR, merchant_audience(scenario.merchant.subject_id)
    of_payments = [event for kind in kinds for event in events(fakes, kind)]
    on_hold = [json.loads(event.body_for(operator))["data"]["on_hold"] for event in of_payments]
    assert on_hold == [False, True, True]
    assert not any("on_hold" in event.body_for(shop) for event in of_payments)


def test_duress_above_the_cap_is_always_declined(scenario: Scenario) -> None:
    hold = DuressPolicy(DuressAction.APPROVE_AND_HOLD, (("EUR", 1250),))
    assert hold.may_pay(1250, "EUR")
    assert not hold.may_pay(1251, "EUR")
    assert not hold.may_pay(1, "CNY")
    assert not DuressPolicy(DuressAction.DECLINE, (("EUR", 1250),)).may_pay(1, "EUR")


def test_enrolling_under_duress_is_refused(
    scenario: Scenario, fakes: FakeDependencies, coerced: Customer
) -> None:
    scenario.revoke(coerced)
    with pytest.raises(CredentialsRejected):
        begin_enrolment(
            scenario.deps, scenario.command(coerced.caller), Credentials(PASSWORD, DURESS)
        )
    assert len(events(fakes, EventKind.DURESS_ALARM)) == 1
