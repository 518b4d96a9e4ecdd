"""A signed-in browser may lock and revoke the face; the page shows the owner's data only."""

import pytest

from facepay.domain.errors import CredentialsRejected, NotFound
from facepay.domain.page_session import PageSession
from facepay.usecases.authentication.credentials import Credentials, RequiredCredentials
from facepay.usecases.authentication.sign_in import (
    SignInAttempt,
    resume_session,
    sign_in,
    sign_out,
    verify_session,
)
from facepay.usecases.customers.read_account import read_account, read_face
from facepay.usecases.faces.lock import lock_face
from facepay.usecases.faces.revoke import revoke_face
from facepay.usecases.request import Caller, Command
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import PASSWORD, WRONG_CODE, Customer, Scenario


def visit(scenario: Scenario, customer: Customer) -> tuple[str, PageSession]:
    attempt = SignInAttempt(customer.alias, Credentials(PASSWORD, scenario.code_of(customer)))
    token = sign_in(scenario.deps, attempt).token
    session = resume_session(scenario.deps, token)
    assert session is not None
    return token, session


def change_in(scenario: Scenario, session: PageSession) -> Command:
    role = scenario.customers["ada"].caller.role
    return scenario.command(Caller(session.id, role, session.customer_id, on_page=True))


def test_being_signed_in_suffices_to_revoke(scenario: Scenario, ada: Customer) -> None:
    _, session = visit(scenario, ada)
    waiting = scenario.show_face(ada)
    gone = revoke_face(scenario.deps, change_in(scenario, session), ada.enrolment_id, session)
    assert (gone.state, gone.key_destroyed) == ("revoked", True)
    with pytest.raises(Exception, match="face_not_available"):
        scenario.enter_code(waiting, scenario.code_of(ada))


def test_being_signed_in_suffices_to_lock(scenario: Scenario, ada: Customer) -> None:
    _, session = visit(scenario, ada)
    answer = lock_face(scenario.deps, change_in(scenario, session), ada.enrolment_id, session)
    assert answer.state == "locked"


def test_an_ended_session_revokes_nothing(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    token, session = visit(scenario, ada)
    sign_out(scenario.deps, token)
    with pytest.raises(CredentialsRejected):
        revoke_face(scenario.deps, change_in(scenario, session), ada.enrolment_id, session)
    _, idle = visit(scenario, ada)
    fakes.clock.advance(300)
    with pytest.raises(CredentialsRejected):
        revoke_face(scenario.deps, change_in(scenario, idle), ada.enrolment_id, idle)


def test_a_session_permits_nothing_but_locking_and_revoking(
    scenario: Scenario, ada: Customer
) -> None:
    _, session = visit(scenario, ada)
    for required in set(RequiredCredentials) - {RequiredCredentials.ANY_ONE}:
        with pytest.raises(CredentialsRejected):
            verify_session(scenario.deps, change_in(scenario, session), required)


def test_a_session_revokes_no_other_customers_face(scenario: Scenario, ada: Customer) -> None:
    bob = scenario.register("bob")
    _, session = visit(scenario, bob)
    with pytest.raises(NotFound):
        revoke_face(scenario.deps, change_in(scenario, session), ada.enrolment_id, session)
    with pytest.raises(NotFound):
        read_face(scenario.deps, session.customer_id, ada.enrolment_id)


def test_a_customer_sees_face_factors_consents_and_payments(
    scenario: Scenario, ada: Customer
) -> None:
    for credentials in (
        Credentials(PASSWORD, scenario.code_of(ada)),
        Credentials(PASSWORD, WRONG_CODE),
    ):
        scenario.pay_by_password(scenario.intent(), "ada", credentials)
        scenario.fakes.clock.advance(1)
    account = read_account(scenario.deps, ada.caller.subject_id)
    assert account.alias == "ada"
    assert account.face is not None
    assert (account.face.id, account.face.state) == (ada.enrolment_id, "active")
    assert [factor.name for factor in account.factors] == ["phone"]
    assert [consent.id for consent in account.consents] == [ada.consent_id]
    assert [(p.merchant, p.state) for p in account.payments] == [
        ("shop", "declined"),
        ("shop", "approved"),
    ], "the newest first"


def test_a_customer_sees_the_places_of_use(scenario: Scenario, ada: Customer) -> None:
    scenario.enter_code(scenario.show_face(ada), WRONG_CODE)
    scenario.enter_code(scenario.show_face(ada), scenario.code_of(ada))
    uses = read_account(scenario.deps, ada.caller.subject_id).uses
    assert [(use.merchant, use.outcome) for use in uses] == [
        ("shop", "approved"),
        ("shop", "declined"),
    ], "failed uses too"


def test_a_customer_sees_nothing_of_others(scenario: Scenario, ada: Customer) -> None:
    scenario.enter_code(scenario.show_face(ada), scenario.code_of(ada))
    scenario.pay_by_password(scenario.intent(), "ada", Credentials(PASSWORD, scenario.code_of(ada)))
    bob = scenario.register("bob")
    account = read_account(scenario.deps, bob.caller.subject_id)
    assert (account.face, account.uses) == (None, [])
    assert (account.consents, account.payments) == ([], [])


def test_a_revoked_face_stays_visible_until_there_is_another(
    scenario: Scenario, ada: Customer
) -> None:
    scenario.revoke(ada)
    account = read_account(scenario.deps, ada.caller.subject_id)
    assert account.face is not None
    assert (account.face.state, account.face.key_destroyed) == ("revoked", True)
