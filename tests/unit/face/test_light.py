"""Light and reflection: skin under the colours of the screen passes, and nothing else does."""

from collections.abc import Sequence

import numpy as np
import pytest

from facepay.domain import challenge
from facepay.face.pad import light, reflection
from facepay.face.pad.light_code import SLOT_MS, LightCodeFitter
from facepay.face.pad.signal import Signal, Verdict
from facepay.face.pad.skin import Colours
from facepay.face.pad.thresholds import thresholds
from tests.support.heads import FRAME_MS, FixedChallenge, burst

STEPS = ("turn_left", "closer", "look_up")
CODE = ("red", "green", "blue", "yellow", "cyan", "magenta", "green", "red", "cyan", "blue")
OTHER = ("cyan", "magenta", "yellow", "red", "blue", "green", "magenta", "blue", "yellow", "green")
SHINES = {
    "red": (1, 0, 0),
    "green": (0, 1, 0),
    "blue": (0, 0, 1),
    "yellow": (1, 1, 0),
    "cyan": (0, 1, 1),
    "magenta": (1, 0, 1),
}
SKIN = np.array([170.0, 125.0, 105.0])
FRAMES = 22
SHADOW = 0.06  # share of the light, in cells twice as dark as the middle


CELLS = 200
LEAD_MS = 110  # the code begins this long before the first frame


def screen(code: Sequence[str], late_ms: float = 0.0) -> np.ndarray:
    """Return (frames, 3): the light of the screen in each frame."""
    times = np.maximum(np.arange(FRAMES) * FRAME_MS + LEAD_MS - late_ms, 0)
    return np.array([SHINES[code[int(ms // SLOT_MS) % len(code)]] for ms in times])


def face(
    code: Sequence[str],
    *,
    share: float = 0.12,
    late_ms: float = 0.0,
    pane: bool = False,
    behind: float = 0.1,
    seed: int = 1,
) -> Colours:
    """Make a face of light and dark cells in a room, lit by a screen.

    `share` is the screen's part of the light. `pane` makes it a display, whose glass adds the same
    light everywhere. `behind` is the share of the screen's light that reaches the background.
    Noise, shading and a drifting camera are included.
    """
    rng = np.random.default_rng(seed)
    shown = screen(code, late_ms)[:, None]
    own = (SKIN / 255) ** 2.2 * rng.uniform(0.15, 1.0, (CELLS, 1))
    lit = own + share * shown * (own.mean(axis=0) if pane else own)
    exposure = np.exp(0.1 * np.sin(np.arange(FRAMES) / 4))[:, None, None]
    drift = 1 + np.array([0.02, 0, -0.02]) * np.linspace(0, 1, FRAMES)[:, None, None]
    noise = rng.normal(0, 0.0006, (FRAMES, CELLS, 3))
    wall = np.full(3, 0.2) * (1 + share * behind * shown[:, 0])
    skin = own.mean(axis=1) >= np.median(own.mean(axis=1))
    return Colours(lit * exposure * drift + noise, wall * exposure[:, 0] * drift[:, 0], skin)


def judged(colours: Colours, code: Sequence[str] = CODE) -> tuple[Signal, Signal]:
    """Return the signals of `light` and `reflection`."""
    fitter, asked = LightCodeFitter(burst(STEPS)), FixedChallenge(STEPS, code)
    own = light.fit_skin(fitter, asked, colours)
    limits = thresholds()
    lit = light.judge(fitter, asked, colours, own, limits.light)
    return lit, reflection.judge(fitter, colours, own, lit, limits.reflection)


def said(signal: Signal) -> tuple[Verdict, str]:
    return signal.verdict, signal.reason


@pytest.mark.parametrize("share", [0.02, 0.12, 0.4])
@pytest.mark.parametrize("late_ms", [0, 40, 100])
def test_skin_lit_by_the_right_code_passes(late_ms: float, share: float) -> None:
    lit, reflected = judged(face(CODE, late_ms=late_ms, share=share))
    assert said(lit) == (Verdict.PASS, "lit_as_asked")
    assert said(reflected) == (Verdict.PASS, "skin_answers")


def test_a_recording_lit_by_another_code_is_refused() -> None:
    assert said(judged(face(OTHER))[0]) == (Verdict.FAIL, "another_light")


@pytest.mark.parametrize("late_ms", [250, SLOT_MS])
def test_the_right_code_250_ms_late_is_refused(late_ms: float) -> None:
    assert judged(face(CODE, late_ms=late_ms))[0].verdict is Verdict.FAIL


def test_skin_without_a_response_never_passes() -> None:
    assert said(judged(face(CODE, share=0.0))[0]) == (Verdict.NOT_MEASURABLE, "light_too_weak")
    assert judged(face(CODE, share=0.003))[0].verdict is Verdict.NOT_MEASURABLE


def test_reflection_is_a_retry_where_light_could_not_measure() -> None:
    _, reflected = judged(face(CODE, share=0.0, pane=True))
    assert said(reflected) == (Verdict.NOT_MEASURABLE, "no_answer_to_the_light")


def test_random_changes_of_colour_never_pass() -> None:
    """300 faces change their colours at random, by as much as a screen changes them."""
    rng = np.random.default_rng(2)
    still = face(CODE, share=0.0)
    for _ in range(300):
        random = np.exp(rng.normal(0, 0.06, (FRAMES, 1, 3)))
        colours = Colours(still.cells * random, still.background, still.skin)
        assert judged(colours)[0].verdict is not Verdict.PASS


def test_the_same_code_begun_at_another_slot_is_refused() -> None:
    turned = [*CODE[4:], *CODE[:4]]
    assert judged(face(turned))[0].verdict is Verdict.FAIL


def test_the_glass_of_a_display_is_refused() -> None:
    lit, reflected = judged(face(CODE, share=0.02, pane=True))
    assert lit.verdict is Verdict.PASS, "it responds to the light"
    assert said(reflected) == (Verdict.FAIL, "a_pane_answers")


def test_a_payer_with_a_shadow_in_few_frames_passes() -> None:
    """It turns dark cells red while the code is red; a display does so in all frames."""
    colours = face(CODE, share=0.01)
    dark = 1 / colours.cells.mean(axis=(0, 2))
    apart = (dark - dark[colours.skin].mean()) / np.median(dark)
    red = [
        at
        for at in range(FRAMES)
        if CODE[(at * FRAME_MS + LEAD_MS) // SLOT_MS % len(CODE)] == "red"
    ]
    colours.cells[red[:3], :, 0] *= 1 + SHADOW * apart
    assert said(judged(colours)[1]) == (Verdict.PASS, "skin_answers")


def test_a_payer_whose_glasses_mirror_the_screen_passes() -> None:
    """8 of 200 cells, the darkest ones, respond as a pane does."""
    colours = face(CODE, share=0.05)
    lenses = np.argsort(colours.cells.mean(axis=(0, 2)))[:8]
    colours.cells[:, lenses] += 0.015 * screen(CODE)[:, None]
    assert said(judged(colours)[1]) == (Verdict.PASS, "skin_answers")


def test_a_picture_tinted_as_a_whole_is_refused() -> None:
    assert said(judged(face(CODE, behind=1.0))[1]) == (
        Verdict.FAIL,
        "the_background_answers_alike",
    )


def test_a_payer_close_before_a_wall_passes() -> None:
    assert judged(face(CODE, behind=0.5))[1].verdict is Verdict.PASS


def test_measured_colours_are_overwritten() -> None:
    colours = face(CODE)
    colours.wipe()
    assert not colours.cells.any()
    assert not colours.background.any()


def test_the_slots_and_colours_are_those_of_the_challenge() -> None:
    assert SLOT_MS == challenge.SLOT_MS
    assert {colour.value for colour in challenge.Colour} == set(SHINES)
