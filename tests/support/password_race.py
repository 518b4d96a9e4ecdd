"""Payments with a password against its change, by threads over one real database.

A payment is late if it was approved with the old password after the change: its leaf comes after
the change's in the log, whose head every commit locks. Passwords are hashed by argon2id, so that
verifying one takes about as long as the rest of a request.
"""

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from facepay.adapters.unit_of_work import Database
from facepay.domain.errors import FacepayError
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.customers.passwords import change_password
from facepay.usecases.payments.intents import read_intent_to_confirm
from facepay.usecases.payments.pay_by_password import pay_by_password
from tests.fakes.dependencies import fake_dependencies
from tests.fakes.scenario import PASSWORD, Scenario, claims_of
from tests.support.application import quick_passwords
from tests.support.race import together

PAYMENTS = 2  # more wrong passwords could block the counter of the next race
APART = 0.04  # seconds between the first and the last of a race: about what a change takes
NEWEST = 2 * (PAYMENTS + 1)  # leaves of one race, and some before
LAST = 2**31  # a number after every leaf
APPROVED, CHANGED = "payment.approved", "customer.setting_changed"


@dataclass(frozen=True)
class PasswordRace:
    """One race; `late_ms` has the time from the change's answer to that of each late payment."""

    approved: int
    declined: int
    late_ms: tuple[float, ...]


@dataclass(frozen=True)
class _Done:
    """What one thread did: the answer's state, and when it arrived."""

    state: str
    at: float


class PasswordRaces:
    """One customer, whose password changes in each race, and who pays with a device key."""

    def __init__(self, database: Database, seed: int = 8) -> None:
        self._scenario = Scenario(fake_dependencies(database))
        self._scenario.deps = replace(self._scenario.deps, passwords=quick_passwords())
        self._payer = self._scenario.register("ada")
        self._device = self._scenario.add_device(self._payer)
        self._password = PASSWORD
        self._delays = random.Random(seed)  # noqa: S311 - what is drawn is no secret
        self._raced = 0

    def run(self) -> PasswordRace:
        """Run one race; afterwards the new password pays, which also resets the counters."""
        self._raced += 1
        old, new = self._password, f"{PASSWORD} {self._raced}"
        intents = [self._scenario.intent().id for _ in range(PAYMENTS)]
        acts = [self._change(old, new), *(self._payment(each, old) for each in intents)]
        change, *payments = map(_done, together([self._timed(act) for act in acts]))
        assert change.state == "changed"
        late = self._approved_after_the_change(set(intents))
        self._password = new
        assert self._payment(self._scenario.intent().id, new)() == "approved"
        states = [payment.state for payment in payments]
        late_ms = tuple(
            1000 * (payment.at - change.at)
            for payment, intent in zip(payments, intents, strict=True)
            if intent in late
        )
        return PasswordRace(states.count("approved"), states.count("declined"), late_ms)

    def _change(self, old: str, new: str) -> Callable[[], str]:
        command = self._scenario.command(self._payer.caller)
        signed = self._scenario.signs(self._device, command.claims).confirmation
        credentials = Credentials(old, confirmation=signed)

        def change() -> str:
            change_password(self._scenario.deps, command, credentials, new)
            return "changed"

        return change

    def _payment(self, intent_id: str, password: str) -> Callable[[], str]:
        deps, payer = self._scenario.deps, self._payer.caller
        claims = claims_of(read_intent_to_confirm(deps, payer, intent_id))
        signed = self._scenario.signs(self._device, claims).confirmation
        credentials, command = (
            Credentials(password, confirmation=signed),
            self._scenario.command(payer),
        )
        return lambda: pay_by_password(deps, command, intent_id, None, credentials).state

    def _timed(self, act: Callable[[], str]) -> Callable[[], _Done]:
        delay = self._delays.uniform(0, APART)

        def run() -> _Done:
            time.sleep(delay)
            state = act()
            return _Done(state, time.monotonic())

        return run

    def _approved_after_the_change(self, intents: set[str]) -> set[str]:
        """Return the payments whose leaves come after that of the latest change."""
        with self._scenario.deps.unit_of_work() as uow:
            newest = uow.leaves.find_all(before_seq=LAST, limit=NEWEST)
            kinds = {leaf.seq: leaf.kind for leaf in newest}
            change = max(seq for seq, kind in kinds.items() if kind == CHANGED)
            later = uow.openings.find_all(after_seq=change)
        approved = [each for each in later if kinds.get(each.seq) == APPROVED]
        return {json.loads(each.details)["intent"] for each in approved} & intents


def _done(result: _Done | FacepayError) -> _Done:
    if isinstance(result, FacepayError):
        raise result
    return result
