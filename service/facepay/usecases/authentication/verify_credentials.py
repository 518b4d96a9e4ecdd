"""Check what a customer knows or has: password, one-time code, device's signature, recovery code.

A check of what can be guessed charges the counter first and clears it when right
(domain/attempts.py). Unknown, wrong, used and blocked give the same answer after the same work. A
signature is not counted: nobody guesses one, and so nobody can fill a counter for its owner; a
recovery code is counted for itself alone, which only its owner can name.
A right code is only *used up* by `VerifiedCredentials.settle`, inside the transaction of what it
was given for.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

from facepay.domain.attempts import Channel, counter_id
from facepay.domain.confirmation import Claims
from facepay.domain.customer import Customer, Role
from facepay.domain.duress import is_duress
from facepay.domain.errors import CredentialsRejected, Unavailable
from facepay.ports import UnitOfWork
from facepay.usecases.authentication.attempt_counters import (
    count_attempt,
    record_outcomes,
    uncount_attempts,
)
from facepay.usecases.authentication.match_factors import (
    NOBODY,
    FactorMatch,
    active_factors,
    match_code,
    match_confirmation,
)
from facepay.usecases.authentication.match_recovery_code import RecoveryMatch, match_recovery_code
from facepay.usecases.authentication.rejected_credentials import handle_rejected_credentials
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.request import Caller


@dataclass(frozen=True, slots=True)
class Credentials:
    """What was presented. None means "not presented". `confirmation` is a device key's JWS."""

    password: str | None = None
    code: str | None = None
    confirmation: str | None = None
    recovery_code: str | None = None

    def singly(self) -> "list[Credentials]":
        """Each by itself; what needs the vault comes last."""
        return [
            Credentials(password=self.password),
            Credentials(confirmation=self.confirmation),
            Credentials(recovery_code=self.recovery_code),
            Credentials(code=self.code),
        ]


class RequiredCredentials(Enum):
    """Easy to leave, hard to enter."""

    ANY_ONE = auto()
    PASSWORD = auto()
    PASSWORD_AND_SECOND_FACTOR = auto()


@dataclass(frozen=True, slots=True)
class VerifiedCredentials:
    """What held. None means "not presented", False "presented and not right".

    `duress` comes with a second factor that is "not right"; `customer_id` is whose it was to be.
    `resting`: the code came after too many wrong ones, so that it may be a guess as well.
    """

    password_ok: bool | None
    second_factor_ok: bool | None
    match: FactorMatch | RecoveryMatch | None
    customer_id: str | None = None
    duress: bool = False
    blocked: bool = False

    def consume(self, uow: UnitOfWork) -> bool:
        """Use the code up. False when it was used, or its factor revoked, since it was checked.

        The same statements where there is nothing to use up: a till cannot time which it was.
        """
        if self.match is None:
            FactorMatch(NOBODY, time_step=0).consume(uow)
            return True
        return self.match.consume(uow)

    def consume_rejected(self, uow: UnitOfWork) -> None:
        """As `settle`, where it was rejected: what was right of it is good for no second try.

        But a code on paper stays good: there are ten of them, and a mistyped password must not cost
        one.
        """
        on_paper = isinstance(self.match, RecoveryMatch)
        (replace(self, match=None) if on_paper else self).consume(uow)


def channel_of(caller: Caller) -> Channel:
    """Where something was typed: what others do elsewhere never delays the owner here."""
    if caller.on_page:
        return Channel.PAGE
    return Channel.OWN_DEVICE if caller.role is Role.CUSTOMER else Channel.TERMINAL


def check_factors(
    deps: Dependencies,
    customer: Customer | None,
    credentials: Credentials,
    channel: Channel,
    *,
    at: datetime,
    confirms: Claims | None = None,
    device: str = "",
) -> VerifiedCredentials:
    """Look at everything that was presented, whoever it is for and whatever comes of the rest.

    `at` is when it was presented, `confirms` what a confirmation has to say, `device` a browser
    whose attempts are counted apart. Raises FactorUnavailable where a code cannot be looked at.
    """
    subject = customer.id if customer else NOBODY  # all that is unknown is counted as one
    presented = {"password": credentials.password, "code": credentials.code}
    counters = {
        name: counter_id(f"{subject}:{name}", channel, device)
        for name, value in presented.items()
        if value is not None
    }
    open_to_try = {name: count_attempt(deps, counter) for name, counter in sorted(counters.items())}

    password_ok: bool | None = None
    if credentials.password is not None:
        right = deps.passwords.verify(
            customer.password_hash if customer else None, credentials.password
        )
        password_ok = right and open_to_try.get("password", False)
    try:
        code = _match_code(deps, subject, credentials, at)
    except Unavailable:
        # An outage is nobody's wrong guess: who retries through one is not blocked by it.
        uncount_attempts(deps, [counters[name] for name in open_to_try if open_to_try[name]])
        _handle_unread_code(deps, customer, credentials, blocked=not open_to_try.get("code"))
        raise
    duress = _is_duress(deps, customer, credentials)
    # After the same work: though the code were right, and duress a real code as well.
    code = None if duress or not open_to_try.get("code") else code
    right_ones = {"password": bool(password_ok), "code": code is not None}
    # At once, and not with what they were given for: that may fail or be retried for other reasons.
    record_outcomes(deps, {counters[name]: right_ones[name] for name in counters})
    other = _match_uncounted(deps, customer, credentials, confirms, at)
    # A code that was presented has to be right itself: what else is presented never makes up for
    # it, or it would tell a slip from duress.
    match = other if credentials.code is None else code
    shown = (credentials.code, credentials.confirmation, credentials.recovery_code) != (
        None,
        None,
        None,
    )
    second_factor_ok = (match is not None) if shown else None
    known = customer.id if customer else None
    blocked = credentials.code is not None and not open_to_try.get("code")
    return VerifiedCredentials(password_ok, second_factor_ok, match, known, duress, blocked)


def verify_credentials(
    deps: Dependencies,
    customer: Customer | None,
    credentials: Credentials,
    required: RequiredCredentials,
    *,
    confirms: Claims | None = None,
    at: datetime | None = None,
    channel: Channel = Channel.OWN_DEVICE,
) -> VerifiedCredentials:
    """For the customer's own device or page.

    Raises CredentialsRejected, which never says what was wrong.

    `at` is when it was presented, where that may have been before now: a retry after a crash.
    """
    # Of two proofs of which one is enough, the second is asked only when the first does not hold:
    # a right password takes the face back also while the vault with the codes is away.
    for presented in (
        credentials.singly() if required is RequiredCredentials.ANY_ONE else [credentials]
    ):
        verified = check_factors(
            deps, customer, presented, channel, at=at or deps.clock(), confirms=confirms
        )
        holds = _holds(verified, required)
        if holds and credentials.code is not None and presented.code is None:
            _handle_unread_code(deps, customer, credentials, blocked=False)
        if not holds or (presented.code is not None and not verified.second_factor_ok):
            commit_rejected_credentials(deps, verified)
        if holds:
            return verified
    raise CredentialsRejected()


def commit_rejected_credentials(deps: Dependencies, verified: VerifiedCredentials) -> None:
    """What did not hold where nothing else is written down: a payment heeds it in its commit.

    A right code that came with a wrong password was rejected as well, and costs the same work.
    """
    if verified.second_factor_ok is not None:
        with deps.unit_of_work() as uow:
            handle_rejected_credentials(
                deps, uow, verified.customer_id, duress=verified.duress, lock=not verified.blocked
            )
            verified.consume_rejected(uow)
            uow.commit()


def _handle_unread_code(
    deps: Dependencies, customer: Customer | None, credentials: Credentials, *, blocked: bool
) -> None:
    """A code that nobody can look at, or need look at, may still be a call for help."""
    if credentials.code is None:
        return
    duress = _is_duress(deps, customer, credentials)
    with deps.unit_of_work() as uow:
        handle_rejected_credentials(
            deps, uow, customer.id if customer else None, duress=duress, lock=not blocked
        )
        uow.commit()


def handle_unread_code(deps: Dependencies, customer: Customer | None, code: str) -> None:
    """For a code that was presented to something else than a proof."""
    _handle_unread_code(deps, customer, Credentials(code=code), blocked=False)


def _holds(verified: VerifiedCredentials, required: RequiredCredentials) -> bool:
    return {
        RequiredCredentials.ANY_ONE: bool(verified.password_ok or verified.second_factor_ok),
        RequiredCredentials.PASSWORD: bool(verified.password_ok),
        RequiredCredentials.PASSWORD_AND_SECOND_FACTOR: bool(
            verified.password_ok and verified.second_factor_ok
        ),
    }[required]


def _is_duress(deps: Dependencies, customer: Customer | None, credentials: Credentials) -> bool:
    if credentials.code is None:
        return False
    whose, kept = (customer.id, customer.duress_tag) if customer else (None, None)
    return is_duress(deps.fingerprint_key, whose, credentials.code, kept)


def _match_code(
    deps: Dependencies, customer_id: str, credentials: Credentials, at: datetime
) -> FactorMatch | None:
    if credentials.code is None:
        return None
    with deps.unit_of_work() as uow:
        factors = active_factors(uow, customer_id)
    return match_code(deps, factors, credentials.code, at)


def _match_uncounted(
    deps: Dependencies,
    customer: Customer | None,
    credentials: Credentials,
    confirms: Claims | None,
    at: datetime,
) -> FactorMatch | RecoveryMatch | None:
    """What has no counter that is named after the customer: strangers could fill it."""
    if credentials.recovery_code is not None:
        return match_recovery_code(deps, customer, credentials.recovery_code, at)
    if credentials.confirmation is None or confirms is None:
        return None
    with deps.unit_of_work() as uow:
        factors = active_factors(uow, customer.id) if customer else []
    return match_confirmation(deps, factors, credentials.confirmation, confirms, at)
