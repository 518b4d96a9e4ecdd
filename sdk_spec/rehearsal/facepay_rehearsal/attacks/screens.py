"""Recordings and pictures on the screen of a tablet before the camera.

A screen emits light and is glossy, so it reflects almost nothing of the challenge's light. A camera
recorded earlier what it plays, so the recording has the light of another challenge, or none.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from facepay_rehearsal.attacks.others import another_challenge, another_light
from facepay_rehearsal.attacks.puppets import photograph_at_rest
from facepay_rehearsal.renderer.canvas import COARSE, HEIGHT, LEFT, SCALE, TOP, WIDTH, grid
from facepay_rehearsal.renderer.colour import to_linear
from facepay_rehearsal.renderer.filming import (
    Place,
    Source,
    filmed,
    live_head,
    person,
    place,
    recorded,
    sent,
)
from facepay_rehearsal.renderer.portraits import Pixels
from facepay_rehearsal.renderer.resample import scaled
from facepay_rehearsal.renderer.sensor import Sensor
from facepay_rehearsal.renderer.shots import Challenge, FixedChallenge, Shot
from facepay_rehearsal.renderer.surfaces import Surface
from facepay_rehearsal.renderer.timeline import Moment, clock, shining, swaying, timeline

Floats = NDArray[np.float32]

# A display reflects 2 to 3 % of the light. It sets the camera's exposure, and is three times as
# bright as a face, so a third of that remains.
_GLASS = 0.008
_ACROSS = (-3.0, 3.0)  # where its picture lies on the canvas, in units, 4:3
_DOWN = (-1.95, 2.55)
_BEZEL = 0.15


def screen_wrong_challenge(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Play an earlier capture, under another challenge: other steps, other light."""
    rng = np.random.default_rng(seed)
    return _replayed(source, challenge, another_challenge(challenge, rng), rng)


def screen_right_motion(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Play a recording whose motion happens to be right and in time; its light is another."""
    rng = np.random.default_rng(seed)
    light = another_light(challenge, rng) if seed % 2 else ()
    return _replayed(source, challenge, FixedChallenge(challenge.steps, light), rng)


def screen_still(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Show a photograph on a tablet in the hand."""
    rng = np.random.default_rng(seed)
    moments = swaying(clock(challenge, rng), rng, 1.5)
    still = photograph_at_rest(person(source))
    return shown(moments, (still for _ in moments), rng)


def screen_relit_slow(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Show a head that follows the prompts on a tablet, relit with a delay of 250 ms."""
    return _relit(source, challenge, seed, late_ms=250)


def screen_relit_fast(source: Source, challenge: Challenge, seed: int) -> list[Shot]:
    """Show a head that follows the prompts on a tablet, relit with a delay of 80 ms.

    Hard for liveness: the light arrives before each frame is taken. Device key and attestation do
    not stop it, because the camera is real. The second factor, limits and lockouts do.
    """
    return _relit(source, challenge, seed, late_ms=80)


def _relit(source: Source, challenge: Challenge, seed: int, late_ms: float) -> list[Shot]:
    rng = np.random.default_rng(seed)
    moments = timeline(challenge, rng)
    drawn = [replace(m, screen=shining(challenge.light, m.ms, late_ms)) for m in moments]
    playing = recorded(drawn, live_head(person(source), place(rng)), rng)
    in_the_hand = swaying([_at_rest(moment) for moment in moments], rng, 0.3)
    return shown(in_the_hand, playing, rng)


def _at_rest(moment: Moment) -> Moment:
    return Moment(moment.step, moment.ms, moment.colour, moment.screen)


def _replayed(
    source: Source, challenge: Challenge, before: FixedChallenge, rng: np.random.Generator
) -> list[Shot]:
    moments = swaying(clock(challenge, rng), rng, 0.3)
    then = timeline(before, rng)
    recording = recorded(then, live_head(person(source), place(rng)), rng)
    return shown(moments, recording, rng)


def shown(
    moments: list[Moment], recording: Iterable[Pixels], rng: np.random.Generator
) -> list[Shot]:
    """Play a recording frame by frame on a tablet, and film the tablet."""
    where, sensor = _held_out(place(rng), rng), Sensor(rng)
    grain = _grain(rng)

    def frames() -> Iterator[Pixels]:
        for moment, played in zip(moments, recording, strict=True):
            yield sensor.develop(filmed(tablet(played, grain), where, moment))

    return sent(moments, frames(), rng)


def tablet(played: Pixels, grain: Floats) -> Surface:
    """Model a display that shows `played`; `grain` (704, 704, 3) is its pixel grid's effect."""
    width, height = (round((b - a) * SCALE) for a, b in (_ACROSS, _DOWN))
    glow = np.zeros((round(HEIGHT * SCALE), round(WIDTH * SCALE), 3), np.float32)
    left, top = round((_ACROSS[0] - LEFT) * SCALE), round((_DOWN[0] - TOP) * SCALE)
    part = slice(top, top + height), slice(left, left + width)
    glow[part] = to_linear(scaled(played, (width, height)))
    glow *= grain
    x, y = grid(COARSE)
    room = np.minimum(
        np.minimum(x - _ACROSS[0], _ACROSS[1] - x), np.minimum(y - _DOWN[0], _DOWN[1] - y)
    )
    normals = np.zeros((*room.shape, 3), np.float32)
    normals[..., 2] = 1
    return Surface(
        np.full_like(glow, _GLASS), room + _BEZEL, -room - _BEZEL, normals, glow=glow, flat=True
    )


def _held_out(where: Place, rng: np.random.Generator) -> Place:
    """Move the tablet so near that its picture fills the frame, or nearly."""
    return where.at_distance(float(rng.uniform(4.0, 4.5)))


def _grain(rng: np.random.Generator) -> Floats:
    """Draw a faint moire pattern between display and sensor; often there is almost none."""
    x, y = grid(SCALE)
    depth = float(rng.uniform(0, 0.03))
    waves = rng.uniform(-9, 9, (3, 2)) * 0.2 + rng.uniform(-9, 9, 2)
    planes = [np.cos(x * a + y * b) for a, b in waves]
    return (1 + depth * np.stack(planes, axis=2)).astype(np.float32)
