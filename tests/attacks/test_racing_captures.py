"""Two workers, one challenge: 200 races to use it twice, and exactly one wins each."""

import io
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from PIL import Image

from facepay_client import Capture, CaptureBody, Frame, Problem, ReservedCapture, Terminal
from tests.support.people import Payer, PointOfSale, Scenario, genuine

pytestmark = pytest.mark.serial  # the races need both cores

RACES = 200
GENUINE_EVERY = 20  # the others show no face, which is told the winner much sooner
BEGINNINGS = 50


@pytest.fixture
def hands(scenario: Scenario, pos: PointOfSale) -> tuple[Terminal, Terminal]:
    """The same till twice, with a connection each."""
    key = pos.transport.key
    return Terminal(scenario.transport(key)), Terminal(scenario.transport(key))


def faceless(capture: Capture, race: int) -> tuple[Frame, ...]:
    """A frame for each step, of nobody."""

    def picture(step: int) -> bytes:
        out = io.BytesIO()
        noise = Image.effect_noise((240, 240), 20 + race % 50 + step)
        noise.convert("RGB").save(out, "JPEG", quality=60)
        return out.getvalue()

    return tuple(
        Frame(picture(step), 100 * step, step, capture.challenge.colour_at(100 * step))
        for step in range(len(capture.challenge.steps) + 1)
    )


def race(acts: Sequence[Callable[[], str]]) -> list[str]:
    """What each was told; all begin at the same moment."""
    start = Barrier(len(acts))

    def run(act: Callable[[], str]) -> str:
        start.wait()
        try:
            return act()
        except Problem as problem:
            return problem.code

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def use(hand: Terminal, body: CaptureBody, key: str) -> str:
    return hand.send_body(body, idempotency_key=key).outcome


def begin(hand: Terminal, reserved: ReservedCapture) -> str:
    return hand.begin_capture(reserved).nonce


def test_of_two_who_use_one_challenge_at_once_exactly_one_is_looked_at(
    pos: PointOfSale, grace: Payer, hands: tuple[Terminal, Terminal]
) -> None:
    winners: set[int] = set()
    for number in range(RACES):
        capture = pos.capture(pos.intent().id, grace.alias)
        real = number % GENUINE_EVERY == 0
        frames = genuine("grace", capture.challenge, 2) if real else faceless(capture, number)
        told = race(
            [
                partial(use, hand, hand.sign_frames(capture, frames), f"{capture.id} {which}")
                for which, hand in enumerate(hands)
            ]
        )
        won = "accepted" if real else "no_face"
        assert sorted(told) == sorted([won, "wrong_state"]), f"race {number}"
        winners.add(told.index(won))
    assert winners == {0, 1}, "each wins some, or they never raced"


def test_of_two_who_begin_one_capture_at_once_exactly_one_sees_its_challenge(
    scenario: Scenario, pos: PointOfSale, grace: Payer, hands: tuple[Terminal, Terminal]
) -> None:
    """Two challenges to choose from would be one more than a recording needs."""
    for number in range(BEGINNINGS):
        reserved = pos.terminal.open_capture(pos.intent().id, grace.alias)
        told = race([partial(begin, hand, reserved) for hand in hands])
        with scenario.service.deps.unit_of_work() as uow:
            row = uow.captures.find(id=reserved.id)
        assert row is not None
        assert sorted(told) == sorted([row.nonce or "", "wrong_state"]), f"race {number}"
