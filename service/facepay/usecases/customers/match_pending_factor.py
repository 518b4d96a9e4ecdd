"""Match the credentials that confirm a pending second factor: its first code or signature."""

from facepay.domain.attempts import Channel, counter_id
from facepay.domain.customer import SecondFactor
from facepay.domain.errors import CredentialsRejected, Unavailable
from facepay.usecases.authentication.attempt_counters import count_attempt, uncount_attempts
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.authentication.match_factors import (
    FactorMatch,
    match_code,
    match_confirmation,
)
from facepay.usecases.authentication.verify_credentials import handle_unread_code
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.request import Command


def match_pending_factor(
    deps: Dependencies, command: Command, factor: SecondFactor, credentials: Credentials
) -> FactorMatch:
    """Match a code, or else a confirmation of this request, against one pending factor.

    Codes have an attempt counter of their own for each pending factor.

    Raises CredentialsRejected, FactorUnavailable.
    """
    if credentials.code is not None:
        return _match_counted_code(deps, factor, credentials.code)
    signed, at = credentials.confirmation or "", deps.clock()
    match = match_confirmation(deps, [factor], signed, command.claims, at)
    if match is None:
        raise CredentialsRejected()
    return match


def _match_counted_code(deps: Dependencies, factor: SecondFactor, code: str) -> FactorMatch:
    counter = counter_id(f"{factor.id}:confirm", Channel.OWN_DEVICE)
    if not count_attempt(deps, counter):
        raise CredentialsRejected()
    try:
        match = match_code(deps, [factor], code, deps.clock())
    except Unavailable:
        uncount_attempts(deps, [counter])
        raise
    if match is None:
        with deps.unit_of_work() as uow:
            customer = uow.customers.find(id=factor.customer_id)
        handle_unread_code(deps, customer, code)
        raise CredentialsRejected()
    return match
