"""Passwords and codes: the requests they permit, their limits, and guesses that block no owner."""

import pytest

from facepay.domain.errors import CredentialsRejected, WrongState
from facepay.domain.payment import IntentState
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.customers.second_factors import add_second_factor, confirm_second_factor
from facepay.usecases.payments.intents import choose_alternative
from facepay.usecases.responses import IntentAnswer
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, WRONG_CODE, Customer, Scenario

WRONG = "a wrong password"


def in_state(scenario: Scenario, payer: Customer, state: IntentState) -> IntentAnswer:
    """Bring an intent into `state` as customers and terminals do."""
    intent = scenario.intent()
    if state is IntentState.CAPTURING:
        scenario.open_payment(intent, payer.alias)
    elif state is IntentState.AWAITING_SECOND_FACTOR:
        return scenario.show_face(payer)
    elif state is IntentState.DECLINED:
        intent = scenario.show_face(payer)
        scenario.enter_code(intent, WRONG_CODE)
    elif state is IntentState.REVOKED:
        intent = scenario.show_face(payer)
        scenario.revoke(payer)
    elif state is IntentState.PAYER_CHOSE_ALTERNATIVE:
        choose_alternative(scenario.deps, scenario.command(scenario.terminal), intent.id)
    return intent


@pytest.mark.parametrize(
    "state",
    [
        IntentState.CREATED,
        IntentState.CAPTURING,
        IntentState.AWAITING_SECOND_FACTOR,
        IntentState.DECLINED,
        IntentState.REVOKED,
        IntentState.PAYER_CHOSE_ALTERNATIVE,
    ],
)
def test_the_password_pays_from_every_state_that_is_not_final(
    scenario: Scenario, ada: Customer, state: IntentState
) -> None:
    intent = in_state(scenario, ada, state)
    paid = scenario.pay_by_password(intent, "ada", Credentials(PASSWORD, scenario.code_of(ada)))
    assert (paid.state, paid.amount_minor) == ("approved", intent.amount_minor)
    assert paid.authorization is not None
    with pytest.raises(WrongState):
        scenario.pay_by_password(intent, "ada", Credentials(PASSWORD, scenario.code_of(ada)))


def test_the_password_pays_without_any_face_ever_enrolled(scenario: Scenario) -> None:
    bob = scenario.register("bob")
    credentials = Credentials(PASSWORD, scenario.code_of(bob))
    assert scenario.pay_by_password(scenario.intent(), "bob", credentials).state == "approved"


def test_the_face_path_being_broken_does_not_touch_the_password_path(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    scenario.pay_by_password(scenario.intent(), "ada", Credentials(PASSWORD, scenario.code_of(ada)))
    assert not [event for event in fakes.journal.events if event.startswith(("engine", "pad"))]


@pytest.mark.parametrize(
    "credentials", [Credentials(PASSWORD), Credentials(PASSWORD, WRONG_CODE), Credentials(WRONG)]
)
def test_password_or_code_alone_pays_nothing_at_a_terminal(
    scenario: Scenario, ada: Customer, credentials: Credentials
) -> None:
    assert scenario.pay_by_password(scenario.intent(), "ada", credentials).state == "declined"


def test_an_unknown_payer_gets_the_same_answer_after_the_same_work(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    known = scenario.pay_by_password(scenario.intent(), "ada", Credentials(WRONG, WRONG_CODE))
    unknown = scenario.pay_by_password(scenario.intent(), "nobody", Credentials(WRONG, WRONG_CODE))
    assert (known.state, known.reason_class, known.user_action, known.methods) == (
        unknown.state,
        unknown.reason_class,
        unknown.user_action,
        unknown.methods,
    )
    assert fakes.passwords.asked_for_nobody == 1


def test_a_code_seen_at_a_terminal_cannot_be_used_a_second_time(
    scenario: Scenario, ada: Customer
) -> None:
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    assert scenario.pay_by_password(scenario.intent(), "ada", credentials).state == "approved"
    assert scenario.pay_by_password(scenario.intent(), "ada", credentials).state == "declined"
    with pytest.raises(CredentialsRejected):
        scenario.revoke(ada, Credentials(code=credentials.code))


def test_an_older_code_is_refused_after_a_newer_one(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    older = scenario.code_of(ada)
    noted = fakes.clock.now
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    assert scenario.pay_by_password(scenario.intent(), "ada", credentials).state == "approved"
    fakes.clock.now = noted  # a worker whose clock is behind
    late = Credentials(PASSWORD, older)
    assert scenario.pay_by_password(scenario.intent(), "ada", late).state == "declined"


def guess_wrong(scenario: Scenario, times: int, credentials: Credentials) -> None:
    for _ in range(times):
        scenario.pay_by_password(scenario.intent(), "ada", credentials)


def test_the_sixth_guess_at_a_terminal_fails_even_when_it_is_right(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    guess_wrong(scenario, 5, Credentials(WRONG))
    right = Credentials(PASSWORD, fakes.codes.code(ada.secret, fakes.clock.now))
    assert scenario.pay_by_password(scenario.intent(), "ada", right).state == "declined"
    fakes.clock.advance(30)
    right = Credentials(PASSWORD, scenario.code_of(ada))
    assert scenario.pay_by_password(scenario.intent(), "ada", right).state == "approved"


def test_a_right_answer_resets_the_failures(scenario: Scenario, ada: Customer) -> None:
    for _ in range(3):
        guess_wrong(scenario, 4, Credentials(WRONG, WRONG_CODE))
        credentials = Credentials(PASSWORD, scenario.code_of(ada))
        assert scenario.pay_by_password(scenario.intent(), "ada", credentials).state == "approved"


def test_guessing_at_a_terminal_does_not_keep_anybody_from_revoking(
    scenario: Scenario, ada: Customer
) -> None:
    guess_wrong(scenario, 12, Credentials(WRONG, WRONG_CODE))
    assert scenario.revoke(ada, Credentials(password=PASSWORD)).state == "revoked"


def test_guessing_at_a_terminal_does_not_keep_anybody_from_revoking_by_code(
    scenario: Scenario, ada: Customer
) -> None:
    guess_wrong(scenario, 12, Credentials(WRONG, WRONG_CODE))
    assert scenario.revoke(ada, Credentials(code=scenario.code_of(ada))).state == "revoked"


def test_wrong_codes_do_not_block_the_password(scenario: Scenario, ada: Customer) -> None:
    right = scenario.code_of(ada)
    for _ in range(5):
        with pytest.raises(CredentialsRejected):
            scenario.revoke(ada, Credentials(code=WRONG_CODE))
    with pytest.raises(CredentialsRejected):
        scenario.revoke(ada, Credentials(code=right))
    assert scenario.revoke(ada, Credentials(password=PASSWORD)).state == "revoked"


def test_a_secret_is_shown_while_it_is_pending_and_never_again(
    scenario: Scenario, ada: Customer
) -> None:
    command = scenario.command(ada.caller)
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    added = add_second_factor(scenario.deps, command, "tablet", credentials)
    repeated = add_second_factor(scenario.deps, command, "tablet", credentials)
    assert added.secret is not None
    assert (repeated.secret, repeated.uri) == (added.secret, added.uri)
    tablet = Customer("ada", ada.caller, secret=added.secret)
    code = scenario.code_of(tablet)
    confirmed = confirm_second_factor(
        scenario.deps, scenario.command(ada.caller), added.id, Credentials(code=code)
    )
    assert (confirmed.state, confirmed.secret, confirmed.uri) == ("active", None, None)
    after = add_second_factor(scenario.deps, command, "tablet", credentials)
    assert (after.secret, after.uri) == (None, None)


def test_no_stored_answer_contains_a_secret(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    added = add_second_factor(scenario.deps, scenario.command(ada.caller), "tablet", credentials)
    with fakes.database() as uow:
        answers = [record.answer for record in uow.idempotency.find_all()]
    assert added.secret is not None
    assert not [answer for answer in answers if answer and added.secret in answer]


def test_a_further_factor_needs_a_code_of_the_first(scenario: Scenario, ada: Customer) -> None:
    with pytest.raises(CredentialsRejected):
        add_second_factor(
            scenario.deps, scenario.command(ada.caller), "thief's", Credentials(PASSWORD)
        )


def test_a_factor_is_confirmed_by_its_own_code_and_once(scenario: Scenario, ada: Customer) -> None:
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    added = add_second_factor(scenario.deps, scenario.command(ada.caller), "tablet", credentials)
    foreign = scenario.code_of(ada)
    with pytest.raises(CredentialsRejected):
        confirm_second_factor(
            scenario.deps, scenario.command(ada.caller), added.id, Credentials(code=foreign)
        )
    tablet = Customer("ada", ada.caller, secret=added.secret or "")
    code = scenario.code_of(tablet)
    confirm_second_factor(
        scenario.deps, scenario.command(ada.caller), added.id, Credentials(code=code)
    )
    with pytest.raises(WrongState):
        confirm_second_factor(
            scenario.deps, scenario.command(ada.caller), added.id, Credentials(code=code)
        )


def test_a_right_password_revokes_although_its_code_cannot_be_checked(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    """One valid credential revokes a face, also while the vault with the codes is unavailable."""
    fakes.vault.away = True
    assert scenario.revoke(ada, Credentials(PASSWORD, "123456")).state == "revoked"
