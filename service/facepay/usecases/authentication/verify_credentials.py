"""Check what a customer knows or has: password, one-time code, device's signature, recovery code.

A check of what can be guessed charges the counter first and clears it when right
(domain/attempts.py). Unknown, wrong, used and blocked give the same answer after the same work. A
signature is not counted: nobody guesses one, and so nobody can fill a counter for its owner; a
recovery code is counted for itself alone, which only its owner can name.
A right code is only *used up* by `Proven.settle`, inside the transaction of what it was given for.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

from facepay.domain.attempts import Channel, counter_id
from facepay.domain.confirmation import Claims
from facepay.domain.customer import Customer, Role
from facepay.domain.duress import is_duress
from facepay.domain.errors import ProofRejected, Unavailable
from facepay.ports import UnitOfWork
from facepay.usecases.authentication.attempt_counters import charge, give_back, settle
from facepay.usecases.authentication.match_factors import (
    NOBODY,
    FactorMatch,
    active_factors,
    match_code,
    match_confirmation,
)
from facepay.usecases.authentication.match_recovery_code import RecoveryMatch, match_recovery_code
from facepay.usecases.authentication.rejected_credentials import heed
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.request import Caller


@dataclass(frozen=True, slots=True)
class Proof:
    """What was presented. None means "not presented". `confirmation` is a device key's JWS."""

    password: str | None = None
    code: str | None = None
    confirmation: str | None = None
    recovery_code: str | None = None

    def singly(self) -> "list[Proof]":
        """Each by itself; what needs the vault comes last."""
        return [
            Proof(password=self.password),
            Proof(confirmation=self.confirmation),
            Proof(recovery_code=self.recovery_code),
            Proof(code=self.code),
        ]


class Needs(Enum):
    """Easy to leave, hard to enter."""

    ANY_ONE = auto()
    PASSWORD = auto()
    PASSWORD_AND_SECOND_FACTOR = auto()


@dataclass(frozen=True, slots=True)
class Proven:
    """What held. None means "not presented", False "presented and not right".

    `duress` comes with a second factor that is "not right"; `customer_id` is whose it was to be.
    `resting`: the code came after too many wrong ones, so that it may be a guess as well.
    """

    password_ok: bool | None
    second_factor_ok: bool | None
    match: FactorMatch | RecoveryMatch | None
    customer_id: str | None = None
    duress: bool = False
    resting: bool = False

    def settle(self, uow: UnitOfWork) -> bool:
        """Use the code up. False when it was used, or its factor revoked, since it was checked.

        The same statements where there is nothing to use up: a till cannot time which it was.
        """
        if self.match is None:
            FactorMatch(NOBODY, step=0).settle(uow)
            return True
        return self.match.settle(uow)

    def spend(self, uow: UnitOfWork) -> None:
        """As `settle`, where it was rejected: what was right of it is good for no second try.

        But a code on paper stays good: there are ten of them, and a mistyped password must not cost
        one.
        """
        on_paper = isinstance(self.match, RecoveryMatch)
        (replace(self, match=None) if on_paper else self).settle(uow)


def channel_of(caller: Caller) -> Channel:
    """Where something was typed: what others do elsewhere never delays the owner here."""
    if caller.on_page:
        return Channel.PAGE
    return Channel.OWN_DEVICE if caller.role is Role.CUSTOMER else Channel.TILL


def examine(
    deps: Dependencies,
    customer: Customer | None,
    proof: Proof,
    channel: Channel,
    *,
    at: datetime,
    confirms: Claims | None = None,
    device: str = "",
) -> Proven:
    """Look at everything that was presented, whoever it is for and whatever comes of the rest.

    `at` is when it was presented, `confirms` what a confirmation has to say, `device` a browser
    whose attempts are counted apart. Raises FactorUnavailable where a code cannot be looked at.
    """
    subject = customer.id if customer else NOBODY  # all that is unknown is counted as one
    presented = {"password": proof.password, "code": proof.code}
    counters = {
        name: counter_id(f"{subject}:{name}", channel, device)
        for name, value in presented.items()
        if value is not None
    }
    open_to_try = {name: charge(deps, counter) for name, counter in sorted(counters.items())}

    password_ok: bool | None = None
    if proof.password is not None:
        right = deps.passwords.verify(customer.password_hash if customer else None, proof.password)
        password_ok = right and open_to_try.get("password", False)
    try:
        code = _match_code(deps, subject, proof, at)
    except Unavailable:
        # An outage is nobody's wrong guess: who retries through one is not blocked by it.
        give_back(deps, [counters[name] for name in open_to_try if open_to_try[name]])
        _heed_unread(deps, customer, proof, resting=not open_to_try.get("code"))
        raise
    duress = _is_duress(deps, customer, proof)
    # After the same work: though the code were right, and duress a real code as well.
    code = None if duress or not open_to_try.get("code") else code
    right_ones = {"password": bool(password_ok), "code": code is not None}
    # At once, and not with what they were given for: that may fail or be retried for other reasons.
    settle(deps, {counters[name]: right_ones[name] for name in counters})
    other = _match_uncounted(deps, customer, proof, confirms, at)
    # A code that was presented has to be right itself: what else is presented never makes up for
    # it, or it would tell a slip from duress.
    match = other if proof.code is None else code
    shown = (proof.code, proof.confirmation, proof.recovery_code) != (None, None, None)
    second_factor_ok = (match is not None) if shown else None
    known = customer.id if customer else None
    resting = proof.code is not None and not open_to_try.get("code")
    return Proven(password_ok, second_factor_ok, match, known, duress, resting)


def prove(
    deps: Dependencies,
    customer: Customer | None,
    proof: Proof,
    needs: Needs,
    *,
    confirms: Claims | None = None,
    at: datetime | None = None,
    channel: Channel = Channel.OWN_DEVICE,
) -> Proven:
    """For the customer's own device or page. Raises ProofRejected: it never says what was wrong.

    `at` is when it was presented, where that may have been before now: a retry after a crash.
    """
    # Of two proofs of which one is enough, the second is asked only when the first does not hold:
    # a right password takes the face back also while the vault with the codes is away.
    for presented in proof.singly() if needs is Needs.ANY_ONE else [proof]:
        proven = examine(
            deps, customer, presented, channel, at=at or deps.clock(), confirms=confirms
        )
        holds = _holds(proven, needs)
        if holds and proof.code is not None and presented.code is None:
            _heed_unread(deps, customer, proof, resting=False)
        if not holds or (presented.code is not None and not proven.second_factor_ok):
            heed_rejected(deps, proven)
        if holds:
            return proven
    raise ProofRejected()


def heed_rejected(deps: Dependencies, proven: Proven) -> None:
    """What did not hold where nothing else is written down: a payment heeds it in its commit.

    A right code that came with a wrong password was rejected as well, and costs the same work.
    """
    if proven.second_factor_ok is not None:
        with deps.unit_of_work() as uow:
            heed(deps, uow, proven.customer_id, duress=proven.duress, lock=not proven.resting)
            proven.spend(uow)
            uow.commit()


def _heed_unread(
    deps: Dependencies, customer: Customer | None, proof: Proof, *, resting: bool
) -> None:
    """A code that nobody can look at, or need look at, may still be a call for help."""
    if proof.code is None:
        return
    duress = _is_duress(deps, customer, proof)
    with deps.unit_of_work() as uow:
        heed(deps, uow, customer.id if customer else None, duress=duress, lock=not resting)
        uow.commit()


def heed_code(deps: Dependencies, customer: Customer | None, code: str) -> None:
    """For a code that was presented to something else than a proof."""
    _heed_unread(deps, customer, Proof(code=code), resting=False)


def _holds(proven: Proven, needs: Needs) -> bool:
    return {
        Needs.ANY_ONE: bool(proven.password_ok or proven.second_factor_ok),
        Needs.PASSWORD: bool(proven.password_ok),
        Needs.PASSWORD_AND_SECOND_FACTOR: bool(proven.password_ok and proven.second_factor_ok),
    }[needs]


def _is_duress(deps: Dependencies, customer: Customer | None, proof: Proof) -> bool:
    if proof.code is None:
        return False
    whose, kept = (customer.id, customer.duress_tag) if customer else (None, None)
    return is_duress(deps.fingerprint_key, whose, proof.code, kept)


def _match_code(
    deps: Dependencies, customer_id: str, proof: Proof, at: datetime
) -> FactorMatch | None:
    if proof.code is None:
        return None
    with deps.unit_of_work() as uow:
        factors = active_factors(uow, customer_id)
    return match_code(deps, factors, proof.code, at)


def _match_uncounted(
    deps: Dependencies,
    customer: Customer | None,
    proof: Proof,
    confirms: Claims | None,
    at: datetime,
) -> FactorMatch | RecoveryMatch | None:
    """What has no counter that is named after the customer: strangers could fill it."""
    if proof.recovery_code is not None:
        return match_recovery_code(deps, customer, proof.recovery_code, at)
    if proof.confirmation is None or confirms is None:
        return None
    with deps.unit_of_work() as uow:
        factors = active_factors(uow, customer.id) if customer else []
    return match_confirmation(deps, factors, proof.confirmation, confirms, at)
