"""Somebody asks for answers by the hundred: who is a customer, and which part of a guess was wrong?

The kinds of guesses come in random order, so that whatever else the machine does meets all alike,
and each is measured from the first byte sent to the answer. Bodies and headers have to be equal but
for ids and times; of times, no two kinds may differ by a Kolmogorov-Smirnov test. A pair that does,
at p < 0.005, is measured again with twice as many, and fails when it does so again: of a service
whose kinds are all alike, the thirty pairs below raise a false alarm once in 1,300 runs.
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
class Heard:
    """One answer: what could be read of it but for ids and times, and the seconds it took."""

    read: tuple[object, ...]
    seconds: float


Send = Callable[[], requests.Response]
Guess = Callable[[], tuple[Send, str]]  # made ready; then sent, and measured; the alias it named


def heard_of(guess: Guess) -> Heard:
    send, alias = guess()
    begun = time.perf_counter()
    answer = send()
    seconds = time.perf_counter() - begun
    headers = {name: value for name, value in answer.headers.items() if name not in PASSED}
    body = OWN.sub("", answer.text.replace(alias, "alias"))
    return Heard((answer.status_code, tuple(sorted(headers.items())), body), seconds)


def measured(guesses: Mapping[str, Guess], each: int) -> dict[str, list[Heard]]:
    """Every kind `each` times, in random order, after a few that only warm up."""
    heard: dict[str, list[Heard]] = {kind: [] for kind in guesses}
    order = [kind for kind in guesses for _ in range(each)]
    random.shuffle(order)
    for guess in guesses.values():
        heard_of(guess)
    for kind in order:
        heard[kind].append(heard_of(guesses[kind]))
    return heard


def told_apart(guesses: Mapping[str, Guess], each: int, says: str) -> dict[tuple[str, str], float]:
    """The pairs that differ in time, with their p. Asserts that none differs in what is read."""
    heard = measured(guesses, each)
    read = {one.read for all_of_kind in heard.values() for one in all_of_kind}
    assert len(read) == 1, read
    assert says in str(read)
    seconds = {kind: [one.seconds for one in heard[kind]] for kind in heard}
    values = {
        pair: float(ks_2samp(seconds[pair[0]], seconds[pair[1]]).pvalue)
        for pair in itertools.combinations(seconds, 2)
    }
    return {pair: p for pair, p in values.items() if p < P}


def assert_nobody_can_tell(guesses: Mapping[str, Guess], says: str) -> None:
    """`says` stands in the one body that they all have."""
    suspects = told_apart(guesses, EACH, says)
    if suspects:
        again = told_apart(guesses, 2 * EACH, says)
        assert not suspects.keys() & again.keys(), (suspects, again)


class Counters:
    """Sets what was counted of a payer's guesses, so that each is a first one or one too many."""

    def __init__(self, scenario: Scenario, channel: Channel) -> None:
        self._deps = scenario.service.deps
        self._channel = channel

    def begin_anew(self, payer: Payer) -> None:
        self._put(payer, 0, None)

    def rest(self, payer: Payer) -> None:
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
    """The kinds, each made ready by the same steps; `send` is what a door wants to be sent."""

    def __init__(
        self, scenario: Scenario, channel: Channel, send: Callable[[Payer, str, str, str], Send]
    ) -> None:
        self._payer, self._resting = scenario.payer(), scenario.payer()
        for payer in (self._payer, self._resting):
            payer.consent()
        self._counters = Counters(scenario, channel)
        self._send = send

    def kinds(self) -> dict[str, Guess]:
        return {
            "wrong password": lambda: self._ready(self._payer, WRONG, wrong_code=False),
            "wrong code": lambda: self._ready(self._payer, PASSWORD, wrong_code=True),
            "right, but too many before": lambda: self._ready(
                self._resting, PASSWORD, wrong_code=False
            ),
        }

    def with_strangers(self) -> dict[str, Guess]:
        """And the names of people who are no customers."""
        return {"unknown": lambda: self._ready(None, PASSWORD, wrong_code=False), **self.kinds()}

    def _ready(self, payer: Payer | None, password: str, *, wrong_code: bool) -> tuple[Send, str]:
        self._counters.begin_anew(self._payer)
        self._counters.rest(self._resting)
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


def test_a_terminal_cannot_tell_who_is_a_customer_or_what_was_wrong(at_terminal: Guesses) -> None:
    assert_nobody_can_tell(at_terminal.with_strangers(), says="declined")


def test_a_stolen_device_cannot_tell_whether_password_or_code_was_wrong(
    from_the_own_device: Guesses,
) -> None:
    assert_nobody_can_tell(from_the_own_device.kinds(), says="credentials_rejected")


def test_a_browser_cannot_tell_who_is_a_customer_or_what_was_wrong(at_the_page: Guesses) -> None:
    assert_nobody_can_tell(at_the_page.with_strangers(), says="alert")
