"""Check what a customer knows or has: the password, a one-time code.

Every check charges the counter first and clears it when right (domain/attempts.py). Unknown,
wrong, used and blocked give the same answer after the same work. A right code is only *used up*
by `Proven.settle`, inside the transaction of what it was given for.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

from facepay.domain.attempts import Attempts, Channel, counter_id
from facepay.domain.customer import Customer, FactorState, SecondFactor
from facepay.domain.errors import AlreadyExists, ProofRejected, SealBroken, Unavailable
from facepay.ports import UnitOfWork
from facepay.usecases.house import House, wiped


@dataclass(frozen=True, slots=True)
class Proof:
    """What was presented. None means "not presented"."""

    password: str | None = None
    code: str | None = None


class Needs(Enum):
    """Easy to leave, hard to enter."""

    ANY_ONE = auto()
    PASSWORD = auto()
    PASSWORD_AND_CODE = auto()


@dataclass(frozen=True, slots=True)
class CodeMatch:
    """A factor whose code was right, and the 30 s step it was right for."""

    factor_id: str
    step: int


@dataclass(frozen=True, slots=True)
class Proven:
    """What held. None means "not presented", False "presented and not right"."""

    password_ok: bool | None
    code_ok: bool | None
    match: CodeMatch | None

    def settle(self, uow: UnitOfWork) -> bool:
        """Use the code up. False when it was used, or its factor revoked, since it was checked."""
        if self.match is not None:
            factor = uow.second_factors.lock(self.match.factor_id)
            if factor is None or factor.state is FactorState.REVOKED:
                return False
            if factor.last_step >= self.match.step:
                return False
            uow.second_factors.update(replace(factor, last_step=self.match.step))
        return True


def examine(
    house: House,
    customer: Customer | None,
    proof: Proof,
    channel: Channel,
    *,
    at: datetime,
    device: str = "",
) -> Proven:
    """Look at everything that was presented, whoever it is for and whatever comes of the rest.

    `at` is when the code was presented; `device` a browser whose attempts are counted apart.
    """
    subject = customer.id if customer else None
    presented = {"password": proof.password, "code": proof.code}
    counters = {
        name: counter_id(f"{subject}:{name}", channel, device)
        for name, value in presented.items()
        if value is not None and subject is not None
    }
    open_to_try = {name: charge(house, counter) for name, counter in sorted(counters.items())}

    password_ok: bool | None = None
    if proof.password is not None:
        right = house.passwords.verify(customer.password_hash if customer else None, proof.password)
        password_ok = right and open_to_try.get("password", False)
    match: CodeMatch | None = None
    code_ok: bool | None = None
    if proof.code is not None:
        try:
            match = _match_code(house, subject, proof.code, at) if open_to_try.get("code") else None
        except Unavailable:
            # An outage is nobody's wrong guess: who retries through one is not blocked by it.
            charged = [counters[name] for name in open_to_try if open_to_try[name]]
            give_back(house, charged)
            raise
        code_ok = match is not None
    right_ones = {"password": password_ok, "code": code_ok}
    # At once, and not with what they were given for: that may fail or be retried for other reasons.
    cleared = [counters[name] for name in sorted(counters) if right_ones[name]]
    _settle_charges(house, cleared, Attempts.cleared)
    return Proven(password_ok, code_ok, match)


def prove(house: House, customer: Customer | None, proof: Proof, needs: Needs) -> Proven:
    """For the customer's own device. Raises ProofRejected, which never says what was wrong."""
    # Of two proofs of which one is enough, the second is asked only when the first does not hold:
    # a right password takes the face back also while the vault with the codes is away.
    singly = [Proof(password=proof.password), Proof(code=proof.code)]
    for presented in singly if needs is Needs.ANY_ONE else [proof]:
        proven = examine(house, customer, presented, Channel.OWN_DEVICE, at=house.clock())
        if _holds(proven, needs):
            return proven
    raise ProofRejected()


def _holds(proven: Proven, needs: Needs) -> bool:
    return {
        Needs.ANY_ONE: bool(proven.password_ok or proven.code_ok),
        Needs.PASSWORD: bool(proven.password_ok),
        Needs.PASSWORD_AND_CODE: bool(proven.password_ok and proven.code_ok),
    }[needs]


def active_factors(uow: UnitOfWork, customer_id: str) -> list[SecondFactor]:
    return uow.second_factors.find_all(customer_id=customer_id, state=FactorState.ACTIVE.value)


def match_factor(house: House, factor: SecondFactor, code: str, at: datetime) -> CodeMatch | None:
    """Whether `code` is right for this factor at `at`, and newer than the last one used."""
    try:
        sealed = house.secrets.unseal_secret(factor.sealed_secret, binding=factor.id)
    except SealBroken:
        return None  # a row that was tampered with proves nothing
    with wiped(sealed) as secret:
        step = house.codes.matching_step(secret.decode(), code, at)
    if step is None or step <= factor.last_step:
        return None
    return CodeMatch(factor.id, step)


def _match_code(house: House, customer_id: str | None, code: str, at: datetime) -> CodeMatch | None:
    with house.unit_of_work() as uow:
        factors = active_factors(uow, customer_id) if customer_id else []
    matches = [match_factor(house, factor, code, at) for factor in factors]
    return next((match for match in matches if match is not None), None)


def charge(house: House, counter: str) -> bool:
    """Count one attempt before it is looked at; False while the counter rests."""
    now = house.clock()
    with house.unit_of_work() as uow:
        held = uow.attempts.lock(counter)
        if held is None:
            with suppress(AlreadyExists):  # the first two attempts came at the same moment
                uow.attempts.add(Attempts(counter, 0, None))
            held = uow.attempts.lock(counter)
        if held is None or held.blocked(now):
            return False
        uow.attempts.update(held.charged(house.policy, now))
        uow.commit()
    return True


def give_back(house: House, counters: list[str]) -> None:
    """Undo charges for attempts that nobody could look at."""
    _settle_charges(house, counters, Attempts.given_back)


def _settle_charges(
    house: House, counters: list[str], settle: Callable[[Attempts], Attempts]
) -> None:
    if not counters:
        return  # an empty unit of work would still take SQLite's one write lock
    with house.unit_of_work() as uow:
        for counter in counters:
            held = uow.attempts.lock(counter)
            if held is not None:
                uow.attempts.update(settle(held))
        uow.commit()
