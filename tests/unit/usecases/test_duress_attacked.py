"""What somebody who forces a payer, or a stranger with time, tries against the duress code."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from facepay.domain.duress import DuressAction, DuressPolicy
from facepay.domain.enrolment import Enrolment
from facepay.domain.errors import CredentialsRejected, FactorUnavailable
from facepay.domain.event import EventKind
from facepay.domain.payment import IntentState
from facepay.usecases.authentication.verify_credentials import Credentials
from facepay.usecases.customers.duress_code import set_duress_code
from facepay.usecases.customers.passwords import change_password
from facepay.usecases.customers.recovery_codes import make_recovery_codes
from facepay.usecases.faces.lock import lock_face, unlock_face
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.street import PASSWORD, WRONG_CODE, Customer, Street

DURESS = "271828"
WRONG = "a wrong password"


@pytest.fixture
def forced(street: Street, ada: Customer) -> Customer:
    credentials = Credentials(PASSWORD, street.code_of(ada))
    set_duress_code(street.deps, street.command(ada.caller), credentials, DURESS)
    return ada


def alarms(fakes: FakeDependencies) -> int:
    with fakes.database() as uow:
        return len(uow.events.find_all(kind=EventKind.DURESS_ALARM))


def face_of(fakes: FakeDependencies, customer: Customer) -> Enrolment:
    with fakes.database() as uow:
        found = uow.enrolments.find(id=customer.enrolment_id)
    assert found is not None
    return found


def pays(street: Street, payer: Customer) -> str:
    return street.enter(street.show_face(payer), street.code_of(payer)).state


@pytest.mark.parametrize("code", [WRONG_CODE, DURESS])
def test_another_factor_beside_it_does_not_tell_a_slip_from_duress(
    street: Street, forced: Customer, code: str
) -> None:
    credentials = Credentials(PASSWORD, street.code_of(forced))
    made = make_recovery_codes(street.deps, street.command(forced.caller), credentials)
    assert made.codes is not None
    both = Credentials(PASSWORD, code, recovery_code=made.codes[0])
    with pytest.raises(CredentialsRejected):
        change_password(street.deps, street.command(forced.caller), both, "a new password")


def test_who_guesses_codes_without_end_locks_nobodys_face(
    street: Street, fakes: FakeDependencies, forced: Customer
) -> None:
    for _ in range(5):
        street.pay_by_password(street.intent(), "ada", Credentials(WRONG, WRONG_CODE))
    street.pay_by_password(street.intent(), "ada", Credentials(WRONG, DURESS))
    assert face_of(fakes, forced).duress_since is None
    assert alarms(fakes) == 1


def test_who_guesses_codes_without_end_is_paid_nothing_where_duress_is_held(
    street: Street, forced: Customer
) -> None:
    hold = DuressPolicy(DuressAction.APPROVE_AND_HOLD, (("EUR", 10**6),))
    policy = replace(street.deps.policy, duress=hold)
    object.__setattr__(street, "deps", replace(street.deps, policy=policy))
    for _ in range(5):
        street.pay_by_password(street.intent(), "ada", Credentials(PASSWORD, WRONG_CODE))
    paid = street.pay_by_password(street.intent(), "ada", Credentials(PASSWORD, DURESS))
    assert paid.state == "declined"


@pytest.mark.parametrize("code", [WRONG_CODE, DURESS])
def test_frames_that_are_judged_meanwhile_wait_for_a_code_as_after_a_slip(
    street: Street, fakes: FakeDependencies, forced: Customer, code: str
) -> None:
    first, second = street.show_face(forced), street.intent()
    capture = street.open_payment(second, forced.alias)
    judge = fakes.pad.judge

    def judge_late(*given: Any) -> Any:
        fakes.pad.judge = judge  # type: ignore[method-assign]
        street.enter(first, code)
        return judge(*given)

    fakes.pad.judge = judge_late  # type: ignore[method-assign]
    street.send(street.terminal, capture, "ada")
    with fakes.database() as uow:
        waiting = uow.intents.find(id=second.id)
    assert waiting is not None
    assert waiting.state is IntentState.AWAITING_SECOND_FACTOR


def test_duress_at_the_lock_holds_once_the_face_is_unlocked(
    street: Street, forced: Customer
) -> None:
    deps, command, face = street.deps, street.command, forced.enrolment_id
    lock_face(deps, command(forced.caller), face, Credentials(PASSWORD))
    with pytest.raises(CredentialsRejected):
        unlock_face(deps, command(forced.caller), face, Credentials(PASSWORD, DURESS))
    unlock_face(deps, command(forced.caller), face, Credentials(PASSWORD, street.code_of(forced)))
    assert pays(street, forced) == "declined"


def test_revoking_and_enrolling_anew_does_not_clear_duress(
    street: Street, forced: Customer
) -> None:
    street.enter(street.show_face(forced), DURESS)
    street.revoke(forced)
    street.begin(forced)
    street.send(forced.caller, street.open_enrolment(forced), "ada")
    assert pays(street, forced) == "declined"


def by_lock(street: Street, payer: Customer) -> None:
    credentials = Credentials(PASSWORD, DURESS)
    lock_face(street.deps, street.command(payer.caller), payer.enrolment_id, credentials)


def by_revoking(street: Street, payer: Customer) -> None:
    street.revoke(payer, Credentials(PASSWORD, DURESS))


@pytest.mark.parametrize("leave", [by_lock, by_revoking])
def test_a_duress_code_beside_a_password_that_is_enough_is_heard_as_well(
    street: Street,
    fakes: FakeDependencies,
    forced: Customer,
    leave: Callable[[Street, Customer], None],
) -> None:
    leave(street, forced)
    assert alarms(fakes) == 1


def test_while_the_vault_is_away_a_call_for_help_is_heard_still(
    street: Street, fakes: FakeDependencies, forced: Customer
) -> None:
    fakes.vault.away = True
    with pytest.raises(FactorUnavailable):
        street.pay_by_password(street.intent(), "ada", Credentials(PASSWORD, DURESS))
    assert alarms(fakes) == 1


def test_a_right_code_that_came_with_a_wrong_password_pays_nothing_afterwards(
    street: Street, ada: Customer
) -> None:
    code = street.code_of(ada)
    command = street.command(ada.caller)
    with pytest.raises(CredentialsRejected):
        change_password(street.deps, command, Credentials(WRONG, code), "a new password")
    paid = street.pay_by_password(street.intent(), "ada", Credentials(PASSWORD, code))
    assert paid.state == "declined"
