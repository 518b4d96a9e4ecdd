"""Attacks on the duress code by somebody who forces the payer, and by a stranger who guesses."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from facepay.domain.duress import DuressAction, DuressPolicy
from facepay.domain.enrolment import Enrolment
from facepay.domain.errors import CredentialsRejected, FactorUnavailable
from facepay.domain.event import EventKind
from facepay.domain.payment import IntentState
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.customers.duress_code import set_duress_code
from facepay.usecases.customers.passwords import change_password
from facepay.usecases.customers.recovery_codes import make_recovery_codes
from facepay.usecases.faces.lock import lock_face, unlock_face
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, WRONG_CODE, Customer, Scenario

DURESS = "271828"
WRONG = "a wrong password"


@pytest.fixture
def coerced(scenario: Scenario, ada: Customer) -> Customer:
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    set_duress_code(scenario.deps, scenario.command(ada.caller), credentials, DURESS)
    return ada


def alarms(fakes: FakeDependencies) -> int:
    with fakes.database() as uow:
        return len(uow.events.find_all(kind=EventKind.DURESS_ALARM))


def face_of(fakes: FakeDependencies, customer: Customer) -> Enrolment:
    with fakes.database() as uow:
        found = uow.enrolments.find(id=customer.enrolment_id)
    assert found is not None
    return found


def pays(scenario: Scenario, payer: Customer) -> str:
    return scenario.enter_code(scenario.show_face(payer), scenario.code_of(payer)).state


@pytest.mark.parametrize("code", [WRONG_CODE, DURESS])
def test_a_second_factor_beside_it_does_not_reveal_duress(
    scenario: Scenario, coerced: Customer, code: str
) -> None:
    credentials = Credentials(PASSWORD, scenario.code_of(coerced))
    made = make_recovery_codes(scenario.deps, scenario.command(coerced.caller), credentials)
    assert made.codes is not None
    both = Credentials(PASSWORD, code, recovery_code=made.codes[0])
    with pytest.raises(CredentialsRejected):
        change_password(scenario.deps, scenario.command(coerced.caller), both, "a new password")


def test_endless_guesses_of_codes_do_not_lock_a_face(
    scenario: Scenario, fakes: FakeDependencies, coerced: Customer
) -> None:
    for _ in range(5):
        scenario.pay_by_password(scenario.intent(), "ada", Credentials(WRONG, WRONG_CODE))
    scenario.pay_by_password(scenario.intent(), "ada", Credentials(WRONG, DURESS))
    assert face_of(fakes, coerced).duress_since is None
    assert alarms(fakes) == 1


def test_endless_guesses_of_codes_pay_nothing_where_duress_is_on_hold(
    scenario: Scenario, coerced: Customer
) -> None:
    hold = DuressPolicy(DuressAction.APPROVE_AND_HOLD, (("EUR", 10**6),))
    policy = replace(scenario.deps.policy, duress=hold)
    object.__setattr__(scenario, "deps", replace(scenario.deps, policy=policy))
    for _ in range(5):
        scenario.pay_by_password(scenario.intent(), "ada", Credentials(PASSWORD, WRONG_CODE))
    paid = scenario.pay_by_password(scenario.intent(), "ada", Credentials(PASSWORD, DURESS))
    assert paid.state == "declined"


@pytest.mark.parametrize("code", [WRONG_CODE, DURESS])
def test_frames_judged_during_duress_wait_for_a_code_as_usual(
    scenario: Scenario, fakes: FakeDependencies, coerced: Customer, code: str
) -> None:
    first, second = scenario.show_face(coerced), scenario.intent()
    capture = scenario.open_payment(second, coerced.alias)
    judge = fakes.pad.judge

    def judge_late(*given: Any) -> Any:
        fakes.pad.judge = judge  # type: ignore[method-assign]
        scenario.enter_code(first, code)
        return judge(*given)

    fakes.pad.judge = judge_late  # type: ignore[method-assign]
    scenario.send(scenario.terminal, capture, "ada")
    with fakes.database() as uow:
        waiting = uow.intents.find(id=second.id)
    assert waiting is not None
    assert waiting.state is IntentState.AWAITING_SECOND_FACTOR


def test_duress_at_an_unlock_still_counts_after_the_unlock(
    scenario: Scenario, coerced: Customer
) -> None:
    deps, command, face = scenario.deps, scenario.command, coerced.enrolment_id
    lock_face(deps, command(coerced.caller), face, Credentials(PASSWORD))
    with pytest.raises(CredentialsRejected):
        unlock_face(deps, command(coerced.caller), face, Credentials(PASSWORD, DURESS))
    unlock_face(
        deps,
        command(coerced.caller),
        face,
        Credentials(PASSWORD, scenario.code_of(coerced)),
    )
    assert pays(scenario, coerced) == "declined"


def test_revoking_and_enrolling_anew_does_not_clear_duress(
    scenario: Scenario, coerced: Customer
) -> None:
    scenario.enter_code(scenario.show_face(coerced), DURESS)
    scenario.revoke(coerced)
    scenario.begin(coerced)
    scenario.send(coerced.caller, scenario.open_enrolment(coerced), "ada")
    assert pays(scenario, coerced) == "declined"


def by_lock(scenario: Scenario, payer: Customer) -> None:
    credentials = Credentials(PASSWORD, DURESS)
    lock_face(scenario.deps, scenario.command(payer.caller), payer.enrolment_id, credentials)


def by_revoking(scenario: Scenario, payer: Customer) -> None:
    scenario.revoke(payer, Credentials(PASSWORD, DURESS))


@pytest.mark.parametrize("leave", [by_lock, by_revoking])
def test_a_duress_code_beside_a_sufficient_password_raises_an_alarm(
    scenario: Scenario,
    fakes: FakeDependencies,
    coerced: Customer,
    leave: Callable[[Scenario, Customer], None],
) -> None:
    leave(scenario, coerced)
    assert alarms(fakes) == 1


def test_a_duress_code_raises_an_alarm_during_a_vault_outage(
    scenario: Scenario, fakes: FakeDependencies, coerced: Customer
) -> None:
    fakes.vault.away = True
    with pytest.raises(FactorUnavailable):
        scenario.pay_by_password(scenario.intent(), "ada", Credentials(PASSWORD, DURESS))
    assert alarms(fakes) == 1


def test_a_code_sent_with_a_wrong_password_is_consumed(scenario: Scenario, ada: Customer) -> None:
    code = scenario.code_of(ada)
    command = scenario.command(ada.caller)
    with pytest.raises(CredentialsRejected):
        change_password(scenario.deps, command, Credentials(WRONG, code), "a new password")
    paid = scenario.pay_by_password(scenario.intent(), "ada", Credentials(PASSWORD, code))
    assert paid.state == "declined"
