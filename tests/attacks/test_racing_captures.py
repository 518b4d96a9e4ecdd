"""Two workers, one challenge: in 200 races to use it twice, exactly one request wins each."""

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
GENUINE_EVERY = 20  # the others show no face, which ends much sooner
BEGINNINGS = 50


@pytest.fixture
def connections(scenario: Scenario, pos: PointOfSale) -> tuple[Terminal, Terminal]:
    """Connect twice as the same terminal."""
    key = pos.transport.key
    return Terminal(scenario.transport(key)), Terminal(scenario.transport(key))


def faceless(capture: Capture, race: int) -> tuple[Frame, ...]:
    """Draw a frame without a face for each step."""

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
    """Begin all acts at the same moment and return what each caller received."""
    start = Barrier(len(acts))

    def run(act: Callable[[], str]) -> str:
        start.wait()
        try:
            return act()
        except Problem as problem:
            return problem.code

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def use(one: Terminal, body: CaptureBody, key: str) -> str:
    return one.send_body(body, idempotency_key=key).outcome


def begin(one: Terminal, reserved: ReservedCapture) -> str:
    return one.begin_capture(reserved).nonce


def test_only_one_of_two_racing_bursts_for_one_challenge_is_judged(
    pos: PointOfSale, grace: Payer, connections: tuple[Terminal, Terminal]
) -> None:
    winners: set[int] = set()
    for number in range(RACES):
        capture = pos.capture(pos.intent().id, grace.alias)
        real = number % GENUINE_EVERY == 0
        frames = genuine("grace", capture.challenge, 2) if real else faceless(capture, number)
        results = race(
            [
                partial(use, one, one.sign_frames(capture, frames), f"{capture.id} {which}")
                for which, one in enumerate(connections)
            ]
        )
        won = "accepted" if real else "no_face"
        assert sorted(results) == sorted([won, "wrong_state"]), f"race {number}"
        winners.add(results.index(won))
    assert winners == {0, 1}, "each wins some, or they never raced"


def test_only_one_of_two_racing_requests_begins_a_capture(
    scenario: Scenario, pos: PointOfSale, grace: Payer, connections: tuple[Terminal, Terminal]
) -> None:
    """A choice of two challenges would be one more than a recording needs."""
    for number in range(BEGINNINGS):
        reserved = pos.terminal.open_capture(pos.intent().id, grace.alias)
        results = race([partial(begin, one, reserved) for one in connections])
        with scenario.service.deps.unit_of_work() as uow:
            row = uow.captures.find(id=reserved.id)
        assert row is not None
        assert sorted(results) == sorted([row.nonce or "", "wrong_state"]), f"race {number}"
