"""Recovery codes that are used twice, raced or guessed, and guesses that must block no owner."""

from collections.abc import Callable

import pytest

from facepay.adapters.unit_of_work import Database
from facepay.domain.errors import CredentialsRejected
from facepay.usecases.authentication import credentials as service
from facepay.usecases.customers.recovery_codes import make_recovery_codes
from facepay.usecases.customers.second_factors import add_second_factor
from facepay.usecases.responses import FactorAnswer
from facepay_client import Credentials, Problem
from tests.fakes.dependencies import fake_dependencies
from tests.fakes.scenario import Scenario as Neighbours
from tests.support.people import AFTER_THE_BLOCK, PASSWORD, Payer, Scenario
from tests.support.race import together


@pytest.fixture
def payer(scenario: Scenario) -> Payer:
    return scenario.payer()


def codes(payer: Payer) -> tuple[str, ...]:
    made = payer.customer.make_recovery_codes(Credentials(PASSWORD, payer.code())).codes
    assert made is not None
    return made


def add_with(payer: Payer, recovery_code: str) -> str:
    try:
        add = payer.customer.add_second_factor
        return add("another", Credentials(PASSWORD, recovery_code=recovery_code)).state
    except Problem as problem:
        return problem.code


def test_a_recovery_code_works_once(payer: Payer) -> None:
    code = codes(payer)[0]
    assert add_with(payer, code) == "pending"
    assert add_with(payer, code) == "credentials_rejected"


def test_a_mistyped_password_does_not_cost_a_recovery_code(payer: Payer) -> None:
    code = codes(payer)[0]
    with pytest.raises(Problem) as error:
        payer.customer.add_second_factor("another", Credentials(PASSWORD + "x", recovery_code=code))
    assert error.value.code == "credentials_rejected"
    assert add_with(payer, code) == "pending"


def test_a_recovery_code_raced_by_twenty_requests_works_once(database: Database) -> None:
    people = Neighbours(fake_dependencies(database))
    ada = people.register("ada")
    credentials = service.Credentials(PASSWORD, people.code_of(ada))
    made = make_recovery_codes(people.deps, people.command(ada.caller), credentials).codes
    assert made is not None

    def add(number: int) -> Callable[[], FactorAnswer]:
        command, credentials = (
            people.command(ada.caller),
            service.Credentials(PASSWORD, recovery_code=made[0]),
        )
        return lambda: add_second_factor(people.deps, command, f"app {number}", credentials)

    results = together([add(number) for number in range(20)])
    refusals = {type(each) for each in results if not isinstance(each, FactorAnswer)}
    assert refusals == {CredentialsRejected}
    # Five requests had their password checked and five their code: perhaps none had both.
    people.fakes.clock.advance(30)
    results += together([add(20)])
    assert sum(isinstance(each, FactorAnswer) for each in results) == 1, "one code, one act"


def test_the_sixth_guess_at_a_recovery_code_is_blocked(scenario: Scenario, payer: Payer) -> None:
    code, other, *_ = codes(payer)
    for digit in "01234":
        assert add_with(payer, code[:-3] + f"AB{digit}") == "credentials_rejected"
    assert add_with(payer, code) == "credentials_rejected"
    assert add_with(payer, other) == "pending", "the others are not blocked with it"
    scenario.service.clock.advance(AFTER_THE_BLOCK)
    assert add_with(payer, code) == "pending"


def test_guesses_without_a_selector_block_no_recovery_code(payer: Payer) -> None:
    code = codes(payer)[0]
    wrong = "0" if code[0] != "0" else "1"
    for number in range(8):
        assert add_with(payer, f"{wrong}{code[1:-1]}{number}") == "credentials_rejected"
    assert add_with(payer, code) == "pending"


def test_a_recovery_code_pays_nothing_at_a_terminal(scenario: Scenario, payer: Payer) -> None:
    """A recovery code never pays: no payment request takes one."""
    pos, code = scenario.pos(), codes(payer)[0]
    body = {"payer": payer.alias, "password": PASSWORD, "recovery_code": code}
    for sent in (body, body | {"code": payer.wrong_code()}):
        with pytest.raises(Problem) as error:
            pos.transport.post(f"/v1/payment_intents/{pos.intent().id}/use_password", sent)
        assert (error.value.status, error.value.param) == (422, "recovery_code")


def test_a_retry_does_not_show_recovery_codes_again(payer: Payer) -> None:
    make, code = payer.customer.make_recovery_codes, payer.code()
    first = make(Credentials(PASSWORD, code), idempotency_key="codes")
    again = make(Credentials(PASSWORD, code), idempotency_key="codes")
    assert (again.id, again.codes) == (first.id, None)


def test_one_recovery_code_revokes_the_face(scenario: Scenario) -> None:
    payer = scenario.payer(face="grace")
    code = codes(payer)[0]
    revoked = payer.customer.revoke_face(payer.enrolment_id, Credentials(recovery_code=code))
    assert (revoked.state, revoked.key_destroyed) == ("revoked", True)
