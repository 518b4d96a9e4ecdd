"""Payments against the end of what they rely on: a password, a till's key, or a device.

The end comes from the owner: the customer changes the password and signs that with a device key,
the merchant withdraws the key of the till, the customer withdraws another device. Nothing that
relies on the old one is approved afterwards.
"""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from facepay_client import (
    Credentials,
    Customer,
    Merchant,
    Terminal,
    fresh_key,
    sign_request_confirmation,
)
from tests.support.crowd import Copy, Payment, Wanted
from tests.support.people import PASSWORD, Scenario
from tests.support.racing import ClientResult, Racing, draw_delay

NEW_PASSWORD = f"{PASSWORD} and a staple"


class End(StrEnum):
    """A thing that payments rely on, and that its owner ends."""

    PASSWORD = "password"
    TERMINAL_KEY = "terminal_key"
    DEVICE = "device"


@dataclass(frozen=True)
class WithdrawalPlan:
    """One race: when each payment begins, None for "once the end is acknowledged"."""

    end: End
    delays: tuple[float | None, ...]

    @classmethod
    def draw(cls, rng: random.Random) -> "WithdrawalPlan":
        count = rng.choices((1, 2, 3), (50, 35, 15))[0]
        return cls(rng.choice(list(End)), tuple(draw_delay(rng) for _ in range(count)))

    @property
    def wanted(self) -> Wanted:
        own_till = self.end is End.TERMINAL_KEY
        return Wanted(waiting=len(self.delays), own_till=own_till, more_keys=True)


@dataclass(frozen=True)
class WithdrawalResult:
    """All results of a race; `ended` has the outcome "ended" once the end was acknowledged."""

    copy: Copy
    end: End
    ended: ClientResult
    payments: tuple[ClientResult, ...]


class WithdrawalRunner:
    """Runs races of one service."""

    def __init__(self, scenario: Scenario, acts: ThreadPoolExecutor) -> None:
        self._racing = Racing(scenario, acts)

    def run(self, copy: Copy, plan: WithdrawalPlan) -> WithdrawalResult:
        acts = [self._payment(copy, plan.end, payment) for payment in copy.waiting]
        ended, payments = self._racing.race(
            self._ending(copy, plan.end), list(zip(acts, plan.delays, strict=True))
        )
        return WithdrawalResult(copy, plan.end, ended, payments)

    def _payment(self, copy: Copy, end: End, payment: Payment) -> Callable[[], ClientResult]:
        assert copy.more_keys is not None
        till, device = payment.pos.transport.key, copy.more_keys.device
        watch = self._racing.transport(device if end is End.DEVICE else till)

        def both() -> Credentials:
            return Credentials(PASSWORD, self._racing.code_of(payment.authenticator))

        def act() -> str:
            if end is End.TERMINAL_KEY:
                return self._racing.send_code(watch, payment)
            if end is End.PASSWORD:
                return Terminal(watch).use_password(payment.intent_id, copy.alias, both()).state
            return Customer(watch).use_password(payment.intent_id, both()).state

        return lambda: watch.record(payment.intent_id, act)

    def _ending(self, copy: Copy, end: End) -> Callable[[], ClientResult]:
        assert copy.more_keys is not None
        keys, pos = copy.more_keys, copy.waiting[0].pos
        by_merchant = end is End.TERMINAL_KEY
        watch = self._racing.transport(pos.merchant_key if by_merchant else copy.device)

        def change_password() -> None:
            key = fresh_key()
            signed = sign_request_confirmation(
                keys.factor, "/v1/password", key, now=self._racing.now()
            )
            credentials = Credentials(PASSWORD, confirmation=signed)
            Customer(watch).change_password(NEW_PASSWORD, credentials, idempotency_key=key)

        def withdraw_device() -> None:
            credentials = Credentials(password=PASSWORD)
            Customer(watch).withdraw_device(keys.device.keyid, credentials)

        acts = {
            End.PASSWORD: change_password,
            End.TERMINAL_KEY: lambda: Merchant(watch).withdraw_terminal_key(pos.id),
            End.DEVICE: withdraw_device,
        }

        def act() -> str:
            acts[end]()
            return "ended"

        return lambda: watch.record("", act)
