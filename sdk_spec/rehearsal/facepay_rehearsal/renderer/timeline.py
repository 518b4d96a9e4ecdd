"""The timeline of a capture: when each frame is taken, what the screen shows, how the head moves.

A timeline has four frames of holding still and six for each step, about 220 ms apart. The screen
changes its colour every 440 ms and begins a quarter of that before the first frame. Each prompt
comes with the first frame of its step. The payer reacts, moves, stays at the extreme and returns,
partly after the next prompt. Heads sway, hands shake, eyes blink. A real SDK waits until a step is
done; that is not rendered.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from facepay_rehearsal.renderer.light import DARK, SCREEN
from facepay_rehearsal.renderer.shots import Challenge

HOLD_FRAMES = 4
STEP_FRAMES = 6
FRAME_INTERVAL_MS = 220
SLOT_MS = 440
_JITTER_MS = 28
LIGHT_LEAD_MS = 110
_RISE_MS, _BACK_MS = 330, 380


@dataclass(frozen=True, slots=True)
class Manner:
    """How a payer follows the prompts; ranges that are drawn from.

    `reaction_ms` is the delay after a prompt, `rest_ms` the stay at the extreme. `turn` and `nod`
    are in degrees, `closer` is a factor of the face's size. `tail` adds frames after the last step.
    """

    reaction_ms: tuple[float, float] = (120, 300)
    rest_ms: tuple[float, float] = (420, 560)
    turn: tuple[float, float] = (30, 35)
    nod: tuple[float, float] = (14, 18)
    closer: tuple[float, float] = (1.36, 1.46)
    sway: float = 1.0
    blinks: bool = True
    tail: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """One frame. `screen` is the light of the screen, `colour` what the SDK states that it is.

    `turn` and `nod` are in degrees (payer's left, up), `scale` is relative to the hold, `roll` and
    `lean` are in degrees as in `scene.Pose`, `shift` is in pixels, `blink` and `mouth` are 0 to 1.
    """

    step: int
    ms: int
    colour: str | None
    screen: tuple[float, float, float]
    turn: float = 0.0
    nod: float = 0.0
    scale: float = 1.0
    roll: float = 0.0
    lean: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)
    blink: float = 0.0
    mouth: float = 0.0


def timeline(
    challenge: Challenge, rng: np.random.Generator, manner: Manner | None = None
) -> list[Moment]:
    """Return every frame of a capture. Raises KeyError on an unknown step or colour."""
    manner = manner or Manner()
    moments = clock(challenge, rng, manner.tail)
    moments = _followed(moments, challenge.steps, rng, manner)
    moments = swaying(moments, rng, manner.sway)
    return _blinking(moments, rng) if manner.blinks else moments


def clock(challenge: Challenge, rng: np.random.Generator, tail: int = 0) -> list[Moment]:
    """Return the frames with times, steps and colours; nothing moves."""
    last = len(challenge.steps)
    steps = [0] * HOLD_FRAMES
    for number in range(1, last + 1):
        steps += [number] * STEP_FRAMES
    steps += [last] * tail
    moments = []
    for position, step in enumerate(steps):
        jitter = int(rng.integers(1, _JITTER_MS)) if position else 0
        ms = position * FRAME_INTERVAL_MS + jitter
        colour = colour_at(challenge.light, ms)
        moments.append(Moment(step, ms, colour, shining(challenge.light, ms)))
    return moments


def colour_at(light: Sequence[str], ms: float) -> str | None:
    """Return the colour at a time after the first frame, or None without light."""
    return light[int((ms + LIGHT_LEAD_MS) // SLOT_MS) % len(light)] if light else None


def shining(light: Sequence[str], ms: float, late_ms: float = 0.0) -> tuple[float, float, float]:
    """Return the screen's light at a frame's time if it comes `late_ms` late; black before.

    The light begins a quarter of a slot before the first frame. So display and exposure have
    settled when the first frame of a colour is taken, and its second frame comes before the next
    colour.
    """
    at = ms + LIGHT_LEAD_MS - late_ms
    if not light or at < 0:
        return DARK
    return SCREEN[light[int(at // SLOT_MS) % len(light)]]


def swaying(moments: Sequence[Moment], rng: np.random.Generator, much: float) -> list[Moment]:
    """Add the small movements of a head and of the hand that holds the camera."""
    swing = np.zeros(6)
    moved = []
    for moment in moments:
        swing = 0.6 * swing + 0.8 * rng.standard_normal(6) * much
        moved.append(
            replace(
                moment,
                turn=moment.turn + 0.7 * float(swing[0]),
                nod=moment.nod + 0.8 * float(swing[1]),
                roll=moment.roll + 0.8 * float(swing[2]),
                shift=(
                    moment.shift[0] + 2.6 * float(swing[3]),
                    moment.shift[1] + 2.2 * float(swing[4]),
                ),
                scale=moment.scale * float(np.exp(0.008 * swing[5])),
            )
        )
    return moved


def _followed(
    moments: list[Moment], steps: Sequence[str], rng: np.random.Generator, manner: Manner
) -> list[Moment]:
    for number, step in enumerate(steps, start=1):
        prompt = next(moment.ms for moment in moments if moment.step == number)
        start = prompt + float(rng.uniform(*manner.reaction_ms))
        rest = float(rng.uniform(*manner.rest_ms))
        rise, back = _RISE_MS * float(rng.uniform(0.85, 1.15)), _BACK_MS
        extreme = _extreme(step, rng, manner)
        moments = [
            _moved(moment, step, extreme, _share(moment.ms - start, rise, rest, back))
            for moment in moments
        ]
    return moments


def _extreme(step: str, rng: np.random.Generator, manner: Manner) -> float:
    ranges = {
        "turn_left": manner.turn,
        "turn_right": manner.turn,
        "look_up": manner.nod,
        "look_down": manner.nod,
        "closer": manner.closer,
    }
    return float(rng.uniform(*ranges[step]))


def _moved(moment: Moment, step: str, extreme: float, share: float) -> Moment:
    if step == "closer":
        return replace(moment, scale=moment.scale * extreme**share)
    if step in ("turn_left", "turn_right"):
        sign = 1 if step == "turn_left" else -1
        return replace(moment, turn=moment.turn + sign * extreme * share)
    sign = 1 if step == "look_up" else -1
    return replace(moment, nod=moment.nod + sign * extreme * share)


def _share(ms: float, rise: float, rest: float, back: float) -> float:
    """Return the share of the movement, 0 to 1: it rises, stays, and falls again."""
    up = np.clip(ms / rise, 0, 1)
    down = np.clip((ms - rise - rest) / back, 0, 1)
    return float(up * up * (3 - 2 * up) * (1 - down * down * (3 - 2 * down)))


def _blinking(moments: Sequence[Moment], rng: np.random.Generator) -> list[Moment]:
    """Add one to three blinks, of one or two frames each, and sometimes an open mouth."""
    blink, mouth = np.zeros(len(moments)), np.zeros(len(moments))
    for at in rng.choice(len(moments), size=int(rng.integers(1, 4)), replace=False):
        blink[at] = rng.uniform(0.7, 1.0)
        if at + 1 < len(moments) and rng.random() < 0.4:
            blink[at + 1] = rng.uniform(0.15, 0.6)
    if rng.random() < 0.3:
        at = int(rng.integers(0, len(moments) - 2))
        mouth[at : at + 2] = rng.uniform(0.1, 0.5, 2)
    return [
        replace(moment, blink=float(b), mouth=float(m))
        for moment, b, m in zip(moments, blink, mouth, strict=True)
    ]
