"""What a signed-in browser may do with a face, and what its owner sees."""

import pytest

from facepay.domain.errors import CredentialsRejected, NotFound
from facepay.domain.page_session import PageSession
from facepay.usecases.authentication.sign_in import (
    SignInAttempt,
    come_back,
    sign_in,
    sign_out,
    verify_session,
)
from facepay.usecases.authentication.verify_credentials import Credentials, RequiredCredentials
from facepay.usecases.customers.read_account import read_account, read_face
from facepay.usecases.faces.lock import lock_face
from facepay.usecases.faces.revoke import revoke_face
from facepay.usecases.request import Caller, Command
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.street import PASSWORD, WRONG_CODE, Customer, Street


def visit(street: Street, customer: Customer) -> tuple[str, PageSession]:
    attempt = SignInAttempt(customer.alias, Credentials(PASSWORD, street.code_of(customer)))
    token = sign_in(street.deps, attempt).token
    session = come_back(street.deps, token)
    assert session is not None
    return token, session


def change_in(street: Street, session: PageSession) -> Command:
    role = street.customers["ada"].caller.role
    return street.command(Caller(session.id, role, session.customer_id))


def test_being_signed_in_is_proof_enough_to_leave(street: Street, ada: Customer) -> None:
    _, session = visit(street, ada)
    waiting = street.show_face(ada)
    gone = revoke_face(street.deps, change_in(street, session), ada.enrolment_id, session)
    assert (gone.state, gone.key_destroyed) == ("revoked", True)
    with pytest.raises(Exception, match="face_not_available"):
        street.enter(waiting, street.code_of(ada))


def test_being_signed_in_is_proof_enough_to_lock(street: Street, ada: Customer) -> None:
    _, session = visit(street, ada)
    answer = lock_face(street.deps, change_in(street, session), ada.enrolment_id, session)
    assert answer.state == "locked"


def test_a_visit_that_has_ended_takes_nothing_back(
    street: Street, fakes: FakeDependencies, ada: Customer
) -> None:
    token, session = visit(street, ada)
    sign_out(street.deps, token)
    with pytest.raises(CredentialsRejected):
        revoke_face(street.deps, change_in(street, session), ada.enrolment_id, session)
    _, idle = visit(street, ada)
    fakes.clock.advance(300)
    with pytest.raises(CredentialsRejected):
        revoke_face(street.deps, change_in(street, idle), ada.enrolment_id, idle)


def test_a_visit_is_no_proof_for_anything_but_leaving(street: Street, ada: Customer) -> None:
    _, session = visit(street, ada)
    for required in set(RequiredCredentials) - {RequiredCredentials.ANY_ONE}:
        with pytest.raises(CredentialsRejected):
            verify_session(street.deps, change_in(street, session), required)


def test_a_visit_takes_back_no_face_but_its_own(street: Street, ada: Customer) -> None:
    bob = street.settle_in("bob")
    _, session = visit(street, bob)
    with pytest.raises(NotFound):
        revoke_face(street.deps, change_in(street, session), ada.enrolment_id, session)
    with pytest.raises(NotFound):
        read_face(street.deps, session.customer_id, ada.enrolment_id)


def test_a_customer_sees_face_factors_consents_and_payments(street: Street, ada: Customer) -> None:
    for credentials in (
        Credentials(PASSWORD, street.code_of(ada)),
        Credentials(PASSWORD, WRONG_CODE),
    ):
        street.pay_by_password(street.intent(), "ada", credentials)
        street.fakes.clock.advance(1)
    account = read_account(street.deps, ada.caller.subject_id)
    assert account.alias == "ada"
    assert account.face is not None
    assert (account.face.id, account.face.state) == (ada.enrolment_id, "active")
    assert [factor.name for factor in account.factors] == ["phone"]
    assert [consent.id for consent in account.consents] == [ada.consent_id]
    assert [(p.merchant, p.state) for p in account.payments] == [
        ("shop", "declined"),
        ("shop", "approved"),
    ], "the newest first"


def test_a_customer_sees_where_the_face_was_used(street: Street, ada: Customer) -> None:
    street.enter(street.show_face(ada), WRONG_CODE)
    street.enter(street.show_face(ada), street.code_of(ada))
    uses = read_account(street.deps, ada.caller.subject_id).uses
    assert [(use.merchant, use.outcome) for use in uses] == [
        ("shop", "approved"),
        ("shop", "declined"),
    ], "failed uses too"


def test_a_customer_sees_nothing_of_others(street: Street, ada: Customer) -> None:
    street.enter(street.show_face(ada), street.code_of(ada))
    street.pay_by_password(street.intent(), "ada", Credentials(PASSWORD, street.code_of(ada)))
    bob = street.settle_in("bob")
    account = read_account(street.deps, bob.caller.subject_id)
    assert (account.face, account.uses) == (None, [])
    assert (account.consents, account.payments) == ([], [])


def test_a_face_that_was_taken_back_stays_visible_until_there_is_another(
    street: Street, ada: Customer
) -> None:
    street.revoke(ada)
    account = read_account(street.deps, ada.caller.subject_id)
    assert account.face is not None
    assert (account.face.state, account.face.key_destroyed) == ("revoked", True)
