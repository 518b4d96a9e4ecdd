"""Injected frames: files in place of a camera's pictures.

The frames claim the steps, times and colours of the present challenge.
"""

from collections.abc import Iterator

import numpy as np

from facepay_rehearsal.attacks.others import another_challenge, another_light, another_order
from facepay_rehearsal.renderer.filming import Source, live_head, person, place, recorded, sent
from facepay_rehearsal.renderer.portraits import Pixels
from facepay_rehearsal.renderer.resample import moved
from facepay_rehearsal.renderer.scene import FRAME_SIZE
from facepay_rehearsal.renderer.sensor import encoded, noisy
from facepay_rehearsal.renderer.shots import Challenge, FixedChallenge, Shot
from facepay_rehearsal.renderer.timeline import Moment, clock, timeline


def injected_identical(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Repeat one picture: the same bytes for odd seeds, encoded anew each time for even seeds."""
    rng = np.random.default_rng(seed)
    moments = clock(challenge, rng)
    still = _one_frame(source, moments, rng)
    shots = sent(moments, (still for _ in moments), rng)
    if seed % 2:
        return shots
    return [
        shot._replace(jpeg=encoded(still, quality=80 + position % 15))
        for position, shot in enumerate(shots)
    ]


def injected_jitter(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Repeat one picture, shifted by less than a pixel and with fresh noise each time."""
    rng = np.random.default_rng(seed)
    moments = clock(challenge, rng)
    still = _one_frame(source, moments, rng)

    def frames() -> Iterator[Pixels]:
        for _ in moments:
            x, y = rng.uniform(-0.8, 0.8, 2)
            shift = np.array([[1, 0, x], [0, 1, y]], dtype=np.float64)
            yield noisy(moved(still, shift, FRAME_SIZE).astype(np.float32), 1.5, rng)

    return sent(moments, frames(), rng)


def injected_old(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Inject an earlier capture of the owner, for another challenge."""
    rng = np.random.default_rng(seed)
    return _earlier(source, challenge, another_challenge(challenge, rng), rng)


def injected_right_motion(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Inject an earlier capture that happens to have the same steps, and other light."""
    rng = np.random.default_rng(seed)
    before = FixedChallenge(challenge.steps, another_light(challenge, rng))
    return _earlier(source, challenge, before, rng)


def wrong_order(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Inject the owner doing the right steps in another order, under the right light."""
    rng = np.random.default_rng(seed)
    before = FixedChallenge(another_order(challenge.steps, rng), challenge.light)
    return _earlier(source, challenge, before, rng)


def stale_frames(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Inject a live hold; then its frames again, with noise, in place of the steps."""
    rng = np.random.default_rng(seed)
    moments = timeline(challenge, rng)
    scene = live_head(person(source), place(rng))
    hold = list(recorded([moment for moment in moments if moment.step == 0], scene, rng))

    def frames() -> Iterator[Pixels]:
        yield from hold
        for position in range(len(hold), len(moments)):
            yield noisy(hold[position % len(hold)].astype(np.float32), 1.5, rng)

    return sent(moments, frames(), rng)


def _one_frame(source: Source, moments: list[Moment], rng: np.random.Generator) -> Pixels:
    return next(recorded(moments[:1], live_head(person(source), place(rng)), rng))


def _earlier(
    source: Source, challenge: Challenge, before: FixedChallenge, rng: np.random.Generator
) -> list[Shot]:
    then = timeline(before, rng)
    frames = recorded(then, live_head(person(source), place(rng)), rng)
    return sent(clock(challenge, rng), frames, rng)
