"""Judge single pictures with networks that were trained on prints and screens.

The signal is optional. An operator installs the networks as files, described by a card
(`passive_card`). Without them there is no such signal, and nothing else changes. Each network sees
the face and some of its surroundings in a few frames of the hold. The mean of all scores counts.

Stops: real prints and phone replays. Cannot stop: attack instrument species that the networks never
saw. It is therefore a gate beside the others and replaces none of them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facepay.face.detection.landmarks import Points
from facepay.face.frames.decode import Pixels, decode
from facepay.face.model_store import ModelError, read_network, require_self_contained
from facepay.face.models.session import Network
from facepay.face.observe import Observation, SeenFrame
from facepay.face.pad.passive_card import FaceBox, PassiveCard, PassiveNetwork, card_for
from facepay.face.pad.signal import Signal, Verdict
from facepay.face.pad.thresholds import Passive

NAME = "passive"
FRAMES = 3


class PassivePack:
    """Networks of a card, ready to run. Several threads may share it."""

    def __init__(self, card: PassiveCard, directory: Path) -> None:
        self.card = card
        self._networks = [(each, _network(card, each, directory)) for each in card.networks]

    def score(self, pixels: Pixels, points: Points) -> float:
        """Return the mean score of the networks, 0 (attack) to 1 (bona fide).

        `pixels` (height, width, 3) uint8 RGB are in full size, and `points` (5, 2) as of
        `landmarks`.

        Raises ModelError where a file is not the one of the card, or the network's output is not as
        the card says.
        """
        return float(np.mean([self._run_network(*each, pixels, points) for each in self._networks]))

    def _run_network(
        self, network: PassiveNetwork, loaded: Network, pixels: Pixels, points: Points
    ) -> float:
        wanted = self.card.input
        crop = _crop(pixels, _box(points, self.card.face), network.enlarged, wanted.side)
        ordered = crop[:, :, ::-1] if wanted.channels == "BGR" else crop
        mean, scale = (np.array(each, np.float32) for each in (wanted.mean, wanted.scale))
        fed = np.ascontiguousarray(((ordered - mean) / scale).transpose(2, 0, 1)[None])
        found = loaded.run(self.card.output.name, {wanted.name: fed})
        for used in (crop, fed):
            used.fill(0)
        if found.shape != (1, self.card.output.dimensions) or not np.isfinite(found).all():
            raise ModelError(f"the output of {network.file} is not as its card promises")
        return float(found[0, self.card.bona_fide])


def open_pack(directory: Path) -> PassivePack:
    """Open the networks in `directory`, and run each once.

    Raises CardError, ModelError or OSError.
    """
    pack = PassivePack(card_for(directory), directory)
    grey = np.full((480, 640, 3), 128, dtype=np.uint8)
    points = np.array([[370, 200], [345, 202], [270, 200], [295, 202], [320, 250]], np.float64)
    try:
        pack.score(grey, points)
    except (ModelError, OSError):
        raise
    except Exception as error:  # onnxruntime has no common base for what it raises
        raise ModelError(f"{pack.card.name} does not run: {type(error).__name__}") from None
    return pack


def judge(observation: Observation, pack: PassivePack | None, limits: Passive) -> Signal | None:
    """Return the signal, None without networks; the score is a mean over frames and networks."""
    if pack is None:
        return None
    scores = [_score_frame(frame, pack) for frame in _hold_frames(observation.seen)]
    score = float(np.mean(scores))
    if score < limits.attack_below:
        return Signal(NAME, score, Verdict.FAIL, "looks_like_a_print_or_screen")
    if score < limits.pass_from:
        return Signal(NAME, score, Verdict.NOT_MEASURABLE, "looks_unclear")
    return Signal(NAME, score, Verdict.PASS, "looks_alive")


def _hold_frames(seen: Sequence[SeenFrame]) -> list[SeenFrame]:
    """Return at most FRAMES frames, spread evenly over the hold."""
    hold = [frame for frame in seen if frame.step == 0]
    places = np.linspace(0, len(hold) - 1, min(FRAMES, len(hold)))
    return [hold[round(place)] for place in places]


def _score_frame(frame: SeenFrame, pack: PassivePack) -> float:
    pixels = decode(frame.image)
    try:
        return pack.score(pixels, frame.points)
    finally:
        pixels.fill(0)


def _network(card: PassiveCard, network: PassiveNetwork, directory: Path) -> Network:
    def load() -> bytes:
        file = directory / network.file
        content = read_network(file, name=card.name, expected_sha256=network.sha256)
        require_self_contained(card.name, content)
        return content

    return Network(load)


def _box(points: Points, face: FaceBox) -> tuple[float, float, float, float]:
    """Return x and y of the box's middle, its width and its height, in pixels."""
    along = points[0] - points[2]
    unit = float(np.linalg.norm(along))
    down = np.array([-along[1], along[0]]) / unit
    x, y = (points[0] + points[2]) / 2 + down * face.below_eyes * unit
    return float(x), float(y), face.width * unit, face.height * unit


def _crop(
    pixels: Pixels, box: tuple[float, float, float, float], enlarged: float, side: int
) -> NDArray[Any]:
    """Cut out the enlarged box and scale it to a square of `side` pixels.

    The box is enlarged as far as the picture allows, and shifted to lie inside it.
    """
    height, width = pixels.shape[:2]
    x, y, across, down = box
    enlarged = min(enlarged, (width - 1) / across, (height - 1) / down)
    across, down = across * enlarged, down * enlarged
    left = int(min(max(0.0, x - across / 2), width - 1 - across))
    top = int(min(max(0.0, y - down / 2), height - 1 - down))
    part = pixels[top : top + int(down) + 1, left : left + int(across) + 1]
    # Bilinear without smoothing, because the networks were trained on such pictures.
    return np.asarray(cv2.resize(part, (side, side), interpolation=cv2.INTER_LINEAR))
