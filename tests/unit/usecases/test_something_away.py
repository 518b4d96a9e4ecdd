"""During an outage nothing is approved and nothing is lost, and the same key works later."""

from collections.abc import Callable

import pytest

from facepay.domain.errors import (
    FaceUnavailable,
    IdempotencyKeyReused,
    NoFace,
    VaultUnavailable,
    WrongState,
)
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.consents.withdraw import withdraw_consent
from facepay.usecases.faces.destroy_keys import destroy_pending_keys
from facepay.usecases.payments.intents import read_intent
from facepay.usecases.request import Command
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, WRONG_CODE, Customer, Scenario


def state_of(scenario: Scenario, intent_id: str) -> str:
    return read_intent(scenario.deps, scenario.terminal, intent_id).state


@pytest.mark.parametrize("broken", ["vault.unseal_secret", "signer.sign"])
def test_without_its_vault_the_code_step_approves_nothing_and_the_same_key_pays_later(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer, broken: str
) -> None:
    intent = scenario.show_face(ada)
    code, command = scenario.code_of(ada), scenario.command(scenario.terminal)
    fakes.journal.fail(broken, VaultUnavailable())
    with pytest.raises(VaultUnavailable):
        scenario.enter_code(intent, code, command)
    assert state_of(scenario, intent.id) == "awaiting_second_factor"
    paid = scenario.enter_code(intent, code, command)
    assert paid.state == "approved"
    assert scenario.enter_code(intent, code, command) == paid


def test_without_its_vault_the_capture_is_not_lost(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    intent = scenario.intent()
    capture = scenario.open_payment(intent, "ada")
    command = scenario.command(scenario.terminal)
    fakes.vault.away = True
    with pytest.raises(VaultUnavailable):
        scenario.send(scenario.terminal, capture, "ada", command)
    assert state_of(scenario, intent.id) == "capturing"
    fakes.vault.away = False
    fakes.clock.advance(90)  # the capture was used in time, so its retry may come later
    assert scenario.send(scenario.terminal, capture, "ada", command).outcome == "accepted"
    with pytest.raises(WrongState):
        scenario.send(scenario.terminal, capture, "ada")


def test_without_its_vault_the_password_path_approves_nothing_and_the_same_key_pays_later(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    intent, command = scenario.intent(), scenario.command(scenario.terminal)
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    fakes.signer.away = True
    with pytest.raises(VaultUnavailable):
        scenario.pay_by_password(intent, "ada", credentials, command)
    assert state_of(scenario, intent.id) == "created"
    fakes.signer.away = False
    assert scenario.pay_by_password(intent, "ada", credentials, command).state == "approved"


def test_without_the_engine_the_password_pays_the_same_intent(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    intent = scenario.intent()
    capture = scenario.open_payment(intent, "ada")
    fakes.journal.fail("engine.observe", FaceUnavailable())
    with pytest.raises(FaceUnavailable):
        scenario.send(scenario.terminal, capture, "ada")
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    assert scenario.pay_by_password(intent, "ada", credentials).state == "approved"


def test_an_outage_does_not_count_as_wrong_guesses(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    """A terminal that retries through an outage must not find its payer blocked afterwards."""
    intent, command = scenario.show_face(ada), scenario.command(scenario.terminal)
    code = scenario.code_of(ada)
    fakes.vault.away = True
    for _ in range(8):
        with pytest.raises(VaultUnavailable):
            scenario.enter_code(intent, code, command)
    fakes.vault.away = False
    assert scenario.enter_code(intent, code, command).state == "approved"


def test_a_right_answer_that_could_not_be_signed_does_not_count_as_a_wrong_one(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    intent, command = scenario.intent(), scenario.command(scenario.terminal)
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    fakes.signer.away = True
    for _ in range(8):
        with pytest.raises(VaultUnavailable):
            scenario.pay_by_password(intent, "ada", credentials, command)
    fakes.signer.away = False
    assert scenario.pay_by_password(intent, "ada", credentials, command).state == "approved"


def test_an_outage_does_not_reset_earlier_failures(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    for _ in range(4):
        scenario.pay_by_password(scenario.intent(), "ada", Credentials(PASSWORD, WRONG_CODE))
    fakes.vault.away = True
    for _ in range(3):
        with pytest.raises(VaultUnavailable):
            scenario.pay_by_password(scenario.intent(), "ada", Credentials(PASSWORD, WRONG_CODE))
    fakes.vault.away = False
    scenario.pay_by_password(scenario.intent(), "ada", Credentials(PASSWORD, WRONG_CODE))
    fifth_was_wrong = Credentials(PASSWORD, fakes.codes.code(ada.secret, fakes.clock.now))
    assert scenario.pay_by_password(scenario.intent(), "ada", fifth_was_wrong).state == "declined"


def test_revoking_during_a_vault_outage_works_at_once_and_the_key_follows(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    intent = scenario.show_face(ada)
    fakes.vault.away = True
    revoked = scenario.revoke(ada)
    assert (revoked.state, revoked.key_destroyed) == ("revoked", False)
    assert state_of(scenario, intent.id) == "revoked"
    assert destroy_pending_keys(scenario.deps) == 0
    fakes.vault.away = False
    assert destroy_pending_keys(scenario.deps) == 1
    assert ada.enrolment_id not in fakes.vault.keys
    assert destroy_pending_keys(scenario.deps) == 0


def test_repeating_a_revocation_destroys_the_key_the_first_one_could_not(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    fakes.vault.away = True
    scenario.revoke(ada)
    fakes.vault.away = False
    assert scenario.revoke(ada).key_destroyed
    assert ada.enrolment_id not in fakes.vault.keys


def test_withdrawing_during_a_vault_outage_works_at_once_and_the_key_follows(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    fakes.vault.away = True
    command = scenario.command(ada.caller)
    assert withdraw_consent(scenario.deps, command, ada.consent_id).withdrawn_at is not None
    fakes.vault.away = False
    assert destroy_pending_keys(scenario.deps) == 1
    assert ada.enrolment_id not in fakes.vault.keys


def repeated(act: Callable[[Command], object], command: Command) -> list[tuple[object, ...]]:
    refusals = []
    for _ in range(2):
        with pytest.raises(Exception) as refusal:
            act(command)
        error = refusal.value
        refusals.append((error.code, error.detail, error.param))  # type: ignore[attr-defined]
    return refusals


def test_a_retry_gets_the_same_refusal(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    capture = scenario.open_payment(scenario.intent(), "ada")
    fakes.journal.fail("engine.observe", NoFace(param="frames[2]"))
    first, second = repeated(
        lambda command: scenario.send(scenario.terminal, capture, "ada", command),
        scenario.command(scenario.terminal),
    )
    assert first == second == ("no_face", None, "frames[2]")
    assert fakes.journal.count("engine.observe") == 1


def test_an_idempotency_key_cannot_be_used_for_another_request(
    scenario: Scenario, ada: Customer
) -> None:
    intent, command = scenario.show_face(ada), scenario.command(scenario.terminal)
    scenario.enter_code(intent, WRONG_CODE, command)
    another = Command(command.caller, command.key, "another fingerprint")
    with pytest.raises(IdempotencyKeyReused):
        scenario.enter_code(intent, scenario.code_of(ada), another)


def test_idempotency_keys_of_two_clients_are_independent(scenario: Scenario, ada: Customer) -> None:
    intent, command = scenario.show_face(ada), scenario.command(scenario.terminal)
    assert scenario.enter_code(intent, scenario.code_of(ada), command).state == "approved"
    with pytest.raises(WrongState):
        # The same words from another key are another change, not a look at the answer.
        scenario.enter_code(
            intent, "x", Command(scenario.command(scenario.terminal).caller, "k", "f")
        )
