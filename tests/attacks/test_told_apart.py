"""Repeated answers reveal neither the customers nor the wrong part of a guess.

The kinds of guesses come in random order, so that other work on the machine affects all alike. Each
is measured from the first byte sent to the answer. Bodies and headers must be equal but for ids and
times. No two kinds may differ in time by a Kolmogorov-Smirnov test.

A pair that differs at p < 0.005 is measured again with twice as many guesses, and fails if it
differs again. For a service whose kinds are all alike, the thirty pairs below raise a false alarm
once in 1,300 runs.
"""

import itertools
import random
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import pytest
import requests
from scipy.stats import ks_2samp

from facepay.domain.attempts import Attempts, Channel, counter_id
from facepay.domain.errors import AlreadyExists
from facepay_client import fresh_key
from tests.support.browser import SIGN_IN, Browser, hidden_fields
from tests.support.forgery import post
from tests.support.people import PASSWORD, Payer, PointOfSale, Scenario

pytestmark = pytest.mark.serial  # it measures times

EACH = 40
P = 0.005
WRONG = "wrong horse battery"
PASSED = {"Date", "Facepay-Request-Id", "Set-Cookie"}  # ids, times, and random tokens
OWN = re.compile(
    r'"(?:id|request_id|nonce|created_at|expires_at)": ?"[^"]*"|name="key" value="[^"]*"'
)


@dataclass(frozen=True)
class MeasuredAnswer:
    """One answer: its content without ids and times, and the seconds it took."""

    read: tuple[object, ...]
    seconds: float


Send = Callable[[], requests.Response]
Guess = Callable[[], tuple[Send, str]]  # prepares a request; returns what sends it, and its alias


def measure_one(guess: Guess) -> MeasuredAnswer:
    send, alias = guess()
    begun = time.perf_counter()
    answer = send()
    seconds = time.perf_counter() - begun
    headers = {name: value for name, value in answer.headers.items() if name not in PASSED}
    body = OWN.sub("", answer.text.replace(alias, "alias"))
    return MeasuredAnswer((answer.status_code, tuple(sorted(headers.items())), body), seconds)


def measured(guesses: Mapping[str, Guess], each: int) -> dict[str, list[MeasuredAnswer]]:
    """Send every kind `each` times, in random order, after a few that only warm up."""
    measurements: dict[str, list[MeasuredAnswer]] = {kind: [] for kind in guesses}
    order = [kind for kind in guesses for _ in range(each)]
    random.shuffle(order)
    for guess in guesses.values():
        measure_one(guess)
    for kind in order:
        measurements[kind].append(measure_one(guesses[kind]))
    return measurements


def find_different_pairs(
    guesses: Mapping[str, Guess], each: int, says: str
) -> dict[tuple[str, str], float]:
    """Return the pairs that differ in time, with their p; assert that no content differs."""
    measurements = measured(guesses, each)
    read = {one.read for all_of_kind in measurements.values() for one in all_of_kind}
    assert len(read) == 1, read
    assert says in str(read)
    seconds = {kind: [one.seconds for one in measurements[kind]] for kind in measurements}
    values = {
        pair: float(ks_2samp(seconds[pair[0]], seconds[pair[1]]).pvalue)
        for pair in itertools.combinations(seconds, 2)
    }
    return {pair: p for pair, p in values.items() if p < P}


def assert_indistinguishable(guesses: Mapping[str, Guess], says: str) -> None:
    """Assert that all kinds are alike; `says` is part of their one body."""
    suspects = find_different_pairs(guesses, EACH, says)
    if suspects:
        again = find_different_pairs(guesses, 2 * EACH, says)
        assert not suspects.keys() & again.keys(), (suspects, again)


class Counters:
    """Sets a payer's count of failed guesses, so that the next is a first one or one too many."""

    def __init__(self, scenario: Scenario, channel: Channel) -> None:
        self._deps = scenario.service.deps
        self._channel = channel

    def reset(self, payer: Payer) -> None:
        self._put(payer, 0, None)

    def block(self, payer: Payer) -> None:
        self._put(payer, 9, self._deps.clock() + timedelta(hours=1))

    def _put(self, payer: Payer, failures: int, blocked_until: datetime | None) -> None:
        with self._deps.unit_of_work() as uow:
            customer = uow.customers.find(alias=payer.alias)
            assert customer is not None
            for name in ("password", "code"):
                counter = counter_id(f"{customer.id}:{name}", self._channel)
                with suppress(AlreadyExists):
                    uow.attempts.add(Attempts(counter, 0, None))
                uow.attempts.update(Attempts(counter, failures, blocked_until))
            uow.commit()


class Guesses:
    """The kinds of guesses, each prepared by the same steps; `send` makes the channel's request."""

    def __init__(
        self, scenario: Scenario, channel: Channel, send: Callable[[Payer, str, str, str], Send]
    ) -> None:
        self._payer, self._blocked = scenario.payer(), scenario.payer()
        for payer in (self._payer, self._blocked):
            payer.consent()
        self._counters = Counters(scenario, channel)
        self._send = send

    def kinds(self) -> dict[str, Guess]:
        return {
            "wrong password": lambda: self._ready(self._payer, WRONG, wrong_code=False),
            "wrong code": lambda: self._ready(self._payer, PASSWORD, wrong_code=True),
            "right, but too many before": lambda: self._ready(
                self._blocked, PASSWORD, wrong_code=False
            ),
        }

    def with_strangers(self) -> dict[str, Guess]:
        """Add the aliases of people who are no customers."""
        return {"unknown": lambda: self._ready(None, PASSWORD, wrong_code=False), **self.kinds()}

    def _ready(self, payer: Payer | None, password: str, *, wrong_code: bool) -> tuple[Send, str]:
        self._counters.reset(self._payer)
        self._counters.block(self._blocked)
        whose = payer or self._payer
        code = whose.code()
        if wrong_code:
            code = whose.wrong_code()
        alias = payer.alias if payer else f"payer {secrets.token_hex(6)}"
        return self._send(whose, alias, password, code), alias


@pytest.fixture
def at_terminal(scenario: Scenario, pos: PointOfSale) -> Guesses:
    def use_password(_: Payer, alias: str, password: str, code: str) -> Send:
        intent = pos.terminal.create_intent(1999, "EUR", "order")
        body = {"payer": alias, "password": password, "code": code}
        request = post(f"/v1/payment_intents/{intent.id}/use_password", body, fresh_key())
        return partial(pos.transport.send_once, pos.transport.signed(request))

    return Guesses(scenario, Channel.TERMINAL, use_password)


@pytest.fixture
def from_the_own_device(scenario: Scenario) -> Guesses:
    def begin_enrolment(payer: Payer, _: str, password: str, code: str) -> Send:
        body = {"password": password, "code": code}
        request = post("/v1/enrolments", body, fresh_key())
        return partial(payer.transport.send_once, payer.transport.signed(request))

    return Guesses(scenario, Channel.OWN_DEVICE, begin_enrolment)


@pytest.fixture
def at_the_page(scenario: Scenario) -> Iterator[Guesses]:
    browser = Browser(scenario.service.url)

    def sign_in(_: Payer, alias: str, password: str, code: str) -> Send:
        fields = {"alias": alias, "password": password, "code": code}
        form = hidden_fields(browser.get(SIGN_IN).text)
        return partial(browser.send, SIGN_IN, {**form, **fields})

    yield Guesses(scenario, Channel.WEB, sign_in)
    browser.close()


def test_a_terminal_learns_neither_the_customers_nor_the_wrong_factor(at_terminal: Guesses) -> None:
    assert_indistinguishable(at_terminal.with_strangers(), says="declined")


def test_a_stolen_device_does_not_learn_whether_password_or_code_was_wrong(
    from_the_own_device: Guesses,
) -> None:
    assert_indistinguishable(from_the_own_device.kinds(), says="credentials_rejected")


def test_a_browser_learns_neither_the_customers_nor_the_wrong_factor(at_the_page: Guesses) -> None:
    assert_indistinguishable(at_the_page.with_strangers(), says="alert")
