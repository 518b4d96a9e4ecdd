"""Sign in to the page with password and second factor, resume a session, sign out.

Each sign-in makes a new token, whatever the browser sent before. Only the token's hash is stored.
"""

import hashlib
import secrets
from dataclasses import dataclass, replace

from facepay.domain.attempts import Channel
from facepay.domain.errors import CredentialsRejected
from facepay.domain.page_session import LONGEST, PageSession
from facepay.ports import UnitOfWork
from facepay.usecases.authentication.credentials import (
    Credentials,
    RequiredCredentials,
    VerifiedCredentials,
)
from facepay.usecases.authentication.device_cookie import device_of, new_device_cookie
from facepay.usecases.authentication.verify_credentials import (
    check_factors,
    commit_rejected_credentials,
)
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.request import Command

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """The content of a sign-in form; `device_cookie` is empty for an unknown browser."""

    alias: str
    credentials: Credentials
    device_cookie: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The browser's two cookies: a token for this session, and the device cookie for later ones."""

    token: str
    device_cookie: str


def sign_in(deps: Dependencies, attempt: SignInAttempt) -> SignedIn:
    """Begin a session for a customer with the correct password and second factor.

    Raises CredentialsRejected, the same for an unknown alias, a wrong password, a wrong code and a
    used code; FactorUnavailable when the code cannot be checked.
    """
    now = deps.clock()
    device = device_of(deps, attempt.alias, attempt.device_cookie)
    with deps.unit_of_work() as uow:
        customer = uow.customers.find(alias=attempt.alias)
    verified = check_factors(
        deps, customer, attempt.credentials, Channel.WEB, at=now, device=device
    )
    if customer is None or not (verified.password_ok and verified.second_factor_ok):
        commit_rejected_credentials(deps, verified)
        raise CredentialsRejected()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with deps.unit_of_work() as uow:
        verified.consume(uow)  # a password that was changed meanwhile must not begin a session
        uow.page_sessions.delete_before("ends_at", now)
        uow.page_sessions.add(
            PageSession(session_id(token), customer.id, now, now, ends_at=now + LONGEST)
        )
        uow.commit()
    kept = attempt.device_cookie if device else new_device_cookie(deps, attempt.alias)
    return SignedIn(token, kept)


def resume_session(deps: Dependencies, token: str) -> PageSession | None:
    """Return the token's session and record its use; None if there is none or it has ended."""
    now = deps.clock()
    with deps.unit_of_work() as uow:
        session = uow.page_sessions.find(id=session_id(token))
        if session is None or not session.alive(now):
            return None
        # Write only this column, and only if `ends_at` is the same: loading a page must not undo a
        # concurrent sign-out.
        same = {"id": session.id, "ends_at": session.ends_at}
        if not uow.page_sessions.update_all({"seen_at": now}, **same):
            return None
        uow.commit()
    return replace(session, seen_at=now)


def sign_out(deps: Dependencies, token: str) -> None:
    """End the token's session for good; an unknown token changes nothing."""
    with deps.unit_of_work() as uow:
        uow.page_sessions.update_all({"ends_at": deps.clock()}, id=session_id(token))
        uow.commit()


def verify_session(
    deps: Dependencies, command: Command, required: RequiredCredentials
) -> VerifiedCredentials:
    """Accept a session in place of credentials, only where any one credential is enough.

    Password and second factor were verified when the session began. The session is read again, so
    that one that has just ended does not count; `Lease.answer` does so once more in the commit.

    Raises CredentialsRejected.
    """
    with deps.unit_of_work() as uow:
        session = uow.page_sessions.find(
            id=command.caller.keyid, customer_id=command.caller.subject_id
        )
    if (
        required is not RequiredCredentials.ANY_ONE
        or session is None
        or not session.alive(deps.clock())
    ):
        raise CredentialsRejected()
    return VerifiedCredentials(None, None, None)


def end_sessions(deps: Dependencies, uow: UnitOfWork, customer_id: str) -> None:
    """End all sessions, in the transaction that changes the password, under the customer's lock."""
    uow.page_sessions.update_all({"ends_at": deps.clock()}, customer_id=customer_id)


def session_id(token: str) -> str:
    """Return the SHA-256 of a token, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()
