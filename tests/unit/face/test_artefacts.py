"""Artefacts: the score of a display is high, and that of a plain picture low."""

from io import BytesIO

import numpy as np
from PIL import Image, ImageFilter

from facepay.face.pad import artefacts
from facepay.face.pad.signal import Verdict
from tests.support.heads import burst


def score(grid: float) -> float:
    rng = np.random.default_rng(3)
    noise = Image.fromarray(rng.integers(0, 255, (480, 640), np.uint8))
    smooth = np.array(noise.filter(ImageFilter.GaussianBlur(5)), dtype=np.float64)
    y, x = np.mgrid[:480, :640]
    light = smooth + grid * np.cos(1.9 * x + 1.1 * y) + rng.normal(0, 2, (480, 640))
    stored = BytesIO()
    pixels = np.clip(light, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).convert("RGB").save(stored, "JPEG", quality=90)
    observation = burst(("turn_left",))
    for frame in observation.seen:
        frame.image = stored.getvalue()
    signal = artefacts.judge(observation)
    assert signal.verdict is Verdict.PASS, "it is no gate"
    assert signal.score is not None
    return signal.score


def test_the_grid_of_a_display_raises_the_risk_score_and_a_plain_picture_does_not() -> None:
    assert score(0) < 0.2
    assert score(6) > 0.7
