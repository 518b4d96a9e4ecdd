"""Sign in to the page with password and one-time code, come back, sign out.

The token is a new one at each sign-in, whatever the browser held before; only its hash is kept.
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
    alias: str
    credentials: Credentials
    device_cookie: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What the browser keeps: a token for this visit, and a cookie it is known by later."""

    token: str
    device_cookie: str


def sign_in(deps: Dependencies, attempt: SignInAttempt) -> SignedIn:
    """Begin a session for the owner of password and one-time code.

    Raises CredentialsRejected, the same for an unknown alias, a wrong password, a wrong code and a
    used code.
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
        locked_row = uow.customers.lock(customer.id)
        # A password that was changed meanwhile has ended every session: it begins none either.
        if locked_row is None or locked_row.password_hash != customer.password_hash:
            raise CredentialsRejected()
        if not verified.consume(uow):
            raise CredentialsRejected()
        uow.page_sessions.delete_before("ends_at", now)
        uow.page_sessions.add(
            PageSession(session_id(token), customer.id, now, now, ends_at=now + LONGEST)
        )
        uow.commit()
    kept = attempt.device_cookie if device else new_device_cookie(deps, attempt.alias)
    return SignedIn(token, kept)


def come_back(deps: Dependencies, token: str) -> PageSession | None:
    """The live session of this token, now seen again; None where there is none."""
    now = deps.clock()
    with deps.unit_of_work() as uow:
        session = uow.page_sessions.find(id=session_id(token))
        if session is None or not session.alive(now):
            return None
        # Only this column, and only while nobody ended it: a page that loads undoes no sign-out.
        same = {"id": session.id, "ends_at": session.ends_at}
        if not uow.page_sessions.update_all({"seen_at": now}, **same):
            return None
        uow.commit()
    return replace(session, seen_at=now)


def sign_out(deps: Dependencies, token: str) -> None:
    with deps.unit_of_work() as uow:
        uow.page_sessions.update_all({"ends_at": deps.clock()}, id=session_id(token))
        uow.commit()


def verify_session(
    deps: Dependencies, command: Command, required: RequiredCredentials
) -> VerifiedCredentials:
    """Password and code were proven when this session began: enough to leave, and for nothing else.

    It is looked up once more, so that one that has just been ended takes nothing back. Raises
    CredentialsRejected.
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
    """For a changed password, in its transaction and under the customer's lock."""
    uow.page_sessions.update_all({"ends_at": deps.clock()}, customer_id=customer_id)


def session_id(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
