"""Verify what a customer knows or has: password, one-time code, confirmation, recovery code.

- Passwords and one-time codes can be guessed: each attempt is counted before the comparison, and
  the counter is cleared when the secret was right (domain/attempts.py).
- Confirmations cannot be guessed and are not counted, so that nobody can block a device's owner.
- Each recovery code has its own counter. A stranger does not know which codes exist.
- Unknown, wrong, used and blocked credentials get the same answer after the same work.
- The transaction of the change checks again what was verified here, and consumes a correct code
  (`VerifiedCredentials.consume`).
"""

from datetime import datetime

from facepay.domain.attempts import Channel, counter_id
from facepay.domain.confirmation import Claims
from facepay.domain.customer import Customer, Role
from facepay.domain.duress import is_duress
from facepay.domain.errors import CredentialsRejected, Unavailable
from facepay.usecases.authentication.attempt_counters import (
    count_attempt,
    record_outcomes,
    uncount_attempts,
)
from facepay.usecases.authentication.consume_codes import FactorMatch, RecoveryMatch
from facepay.usecases.authentication.credentials import (
    Credentials,
    RequiredCredentials,
    VerifiedCredentials,
)
from facepay.usecases.authentication.match_factors import (
    active_factors,
    match_code,
    match_confirmation,
)
from facepay.usecases.authentication.match_recovery_code import match_recovery_code
from facepay.usecases.authentication.rejected_credentials import handle_rejected_credentials
from facepay.usecases.dependencies import NO_ROW, Dependencies
from facepay.usecases.request import Caller, Command


def channel_of(caller: Caller) -> Channel:
    """Return where credentials were presented; each channel has its own attempt counters."""
    if caller.on_page:
        return Channel.PAGE
    return Channel.OWN_DEVICE if caller.role is Role.CUSTOMER else Channel.TERMINAL


def verify_for_command(
    deps: Dependencies,
    command: Command,
    customer: Customer | None,
    credentials: Credentials,
    required: RequiredCredentials,
    *,
    at: datetime | None = None,
) -> VerifiedCredentials:
    """Verify the credentials of a command: a confirmation must state the claims of its request.

    `at` is when they were presented; None means now.

    Raises CredentialsRejected, FactorUnavailable.
    """
    channel = channel_of(command.caller)
    return verify_credentials(
        deps, customer, credentials, required, confirms=command.claims, at=at, channel=channel
    )


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
    """Verify the credentials of a customer's own device or page against what the request requires.

    `at` is when they were presented; None means now. `confirms` is what a confirmation must state.

    Raises CredentialsRejected, which never says what was wrong; FactorUnavailable.
    """
    # Where one credential is enough, the next is checked only when the one before was wrong: a
    # correct password revokes a face also while the vault with the one-time codes is unavailable.
    any_one = required is RequiredCredentials.ANY_ONE
    for presented in credentials.one_by_one() if any_one else [credentials]:
        verified = check_factors(
            deps, customer, presented, channel, at=at or deps.clock(), confirms=confirms
        )
        satisfied = verified.satisfies(required)
        if satisfied and presented.code is None:
            handle_unread_code(deps, customer, credentials.code)
        if not satisfied or (presented.code is not None and not verified.second_factor_ok):
            commit_rejected_credentials(deps, verified)
        if satisfied:
            return verified
    raise CredentialsRejected()


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
    """Check every credential that was presented, with the same work whatever the result.

    `at` is when they were presented. `confirms` is what a confirmation must state. `device` is a
    known browser, whose attempts are counted apart.

    Raises FactorUnavailable when a code cannot be checked.
    """
    subject = customer.id if customer else NO_ROW  # all unknown customers share one counter
    # 1 count the attempts, before anything is compared
    counters = _counters(subject, credentials, channel, device)
    open_to_try = {each: count_attempt(deps, counters[each]) for each in sorted(counters)}
    blocked = credentials.code is not None and not open_to_try["code"]
    # 2 compare the password
    password_ok = _compare_password(deps, customer, credentials.password)
    password_ok = password_ok and open_to_try["password"]
    # 3 compare the one-time code; an outage is not a wrong guess, and blocks nobody who retries
    try:
        code = _match_code(deps, subject, credentials, at)
    except Unavailable:
        uncount_attempts(deps, [counters[each] for each in counters if open_to_try[each]])
        handle_unread_code(deps, customer, credentials.code, blocked=blocked)
        raise
    # 4 the duress code wins: even where it is a correct one-time code as well, it counts as wrong
    duress = _is_duress(deps, customer, credentials.code)
    code = None if duress or blocked else code
    # 5 record at once which secrets were right: the transaction of the change may fail or run again
    right = {"password": bool(password_ok), "code": code is not None}
    record_outcomes(deps, {counters[each]: right[each] for each in counters})
    # 6 check what has no counter. A correct second factor never replaces a wrong code: otherwise
    # an observer could see whether the code was mistyped or was the duress code.
    other = _match_uncounted(deps, customer, credentials, confirms, at)
    match = other if credentials.code is None else code
    second_factor_ok = (match is not None) if credentials.has_second_factor else None
    known, compared = (customer.id, customer.password_hash) if customer else (None, None)
    return VerifiedCredentials(
        password_ok, second_factor_ok, match, known, duress, blocked, compared
    )


def commit_rejected_credentials(deps: Dependencies, verified: VerifiedCredentials) -> None:
    """Handle rejected credentials in a transaction of their own.

    A payment does this in the commit of its decision instead. A correct code beside a wrong
    password was rejected as well: it costs the same work, and is consumed.
    """
    if verified.second_factor_ok is not None:
        with deps.unit_of_work() as uow:
            verified.consume_rejected(uow)
            handle_rejected_credentials(
                deps, uow, verified.customer_id, duress=verified.duress, lock=not verified.blocked
            )
            uow.commit()


def handle_unread_code(
    deps: Dependencies, customer: Customer | None, code: str | None, *, blocked: bool = False
) -> None:
    """Look for duress in a code that was presented and could not, or need not, be checked."""
    if code is None:
        return
    duress = _is_duress(deps, customer, code)
    with deps.unit_of_work() as uow:
        handle_rejected_credentials(
            deps, uow, customer.id if customer else None, duress=duress, lock=not blocked
        )
        uow.commit()


def _counters(
    subject: str, credentials: Credentials, channel: Channel, device: str
) -> dict[str, str]:
    """Return the ids of the attempt counters of what was presented, by "password" and "code"."""
    presented = {"password": credentials.password, "code": credentials.code}
    return {
        secret: counter_id(f"{subject}:{secret}", channel, device)
        for secret, value in presented.items()
        if value is not None
    }


def _compare_password(
    deps: Dependencies, customer: Customer | None, password: str | None
) -> bool | None:
    if password is None:
        return None
    return deps.passwords.verify(customer.password_hash if customer else None, password)


def _is_duress(deps: Dependencies, customer: Customer | None, code: str | None) -> bool:
    if code is None:
        return False
    customer_id, tag = (customer.id, customer.duress_tag) if customer else (None, None)
    return is_duress(deps.fingerprint_key, customer_id, code, tag)


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
    """Check credentials without a counter per customer, which a stranger could use up."""
    if credentials.recovery_code is not None:
        return match_recovery_code(deps, customer, credentials.recovery_code, at)
    if credentials.confirmation is None or confirms is None:
        return None
    with deps.unit_of_work() as uow:
        factors = active_factors(uow, customer.id) if customer else []
    return match_confirmation(deps, factors, credentials.confirmation, confirms, at)
