"""Does a single picture look alive to networks that were trained on prints and screens?

Optional: the networks are files that an operator installs, known by their card (`passive_card`).
Without them there is no such signal, and nothing else changes. Of a few frames of the hold each
network sees the face with some of what is around it; the mean of all scores counts.

Stops: real prints and phone replays. Cannot stop: what the networks never saw, and so it is a gate
that is added to the others and replaces none of them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facepay.face.detection.landmarks import Points
from facepay.face.frames.decode import Pixels, decode
from facepay.face.model_store import ModelError, read_network, require_whole
from facepay.face.models.session import Network
from facepay.face.observe import Observation, SeenFrame
from facepay.face.pad.passive_card import FaceBox, PassiveCard, PassiveNetwork, card_for
from facepay.face.pad.signal import Signal, Verdict
from facepay.face.pad.thresholds import Passive

NAME = "passive"
FRAMES = 3


class PassivePack:
    """The networks of a card, ready to be asked. Safe to share between threads."""

    def __init__(self, card: PassiveCard, directory: Path) -> None:
        self.card = card
        self._networks = [(each, _network(card, each, directory)) for each in card.networks]

    def alive(self, pixels: Pixels, points: Points) -> float:
        """0 to 1; `pixels` (height, width, 3) uint8 RGB in full size, `points` as of `landmarks`.

        Raises ModelError where a file is not the one of the card.
        """
        return float(np.mean([self._asked(*each, pixels, points) for each in self._networks]))

    def _asked(
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
            raise ModelError(f"{network.file} does not give what its card promises")
        return float(found[0, self.card.bona_fide])


def open_pack(directory: Path) -> PassivePack:
    """Its networks have run once. Raises CardError, ModelError, OSError."""
    pack = PassivePack(card_for(directory), directory)
    grey = np.full((480, 640, 3), 128, dtype=np.uint8)
    points = np.array([[370, 200], [345, 202], [270, 200], [295, 202], [320, 250]], np.float64)
    try:
        pack.alive(grey, points)
    except (ModelError, OSError):
        raise
    except Exception as error:  # onnxruntime has no common base for what it raises
        raise ModelError(f"{pack.card.name} does not run: {type(error).__name__}") from None
    return pack


def judge(observation: Observation, pack: PassivePack | None, limits: Passive) -> Signal | None:
    """The score is the mean over frames and networks; None where no networks are installed."""
    if pack is None:
        return None
    scores = [_alive(frame, pack) for frame in _chosen(observation.seen)]
    score = float(np.mean(scores))
    if score < limits.attack_below:
        return Signal(NAME, score, Verdict.FAIL, "looks_like_a_print_or_screen")
    if score < limits.pass_from:
        return Signal(NAME, score, Verdict.NOT_MEASURABLE, "looks_unclear")
    return Signal(NAME, score, Verdict.PASS, "looks_alive")


def _chosen(seen: Sequence[SeenFrame]) -> list[SeenFrame]:
    """Some of the hold, spread over it."""
    hold = [frame for frame in seen if frame.step == 0]
    places = np.linspace(0, len(hold) - 1, min(FRAMES, len(hold)))
    return [hold[round(place)] for place in places]


def _alive(frame: SeenFrame, pack: PassivePack) -> float:
    pixels = decode(frame.image)
    try:
        return pack.alive(pixels, frame.points)
    finally:
        pixels.fill(0)


def _network(card: PassiveCard, network: PassiveNetwork, directory: Path) -> Network:
    def load() -> bytes:
        file = directory / network.file
        content = read_network(file, name=card.name, expected_sha256=network.sha256)
        require_whole(card.name, content)
        return content

    return Network(load)


def _box(points: Points, face: FaceBox) -> tuple[float, float, float, float]:
    """x and y of the middle, width and height, in pixels."""
    along = points[0] - points[2]
    unit = float(np.linalg.norm(along))
    down = np.array([-along[1], along[0]]) / unit
    x, y = (points[0] + points[2]) / 2 + down * face.below_eyes * unit
    return float(x), float(y), face.width * unit, face.height * unit


def _crop(
    pixels: Pixels, box: tuple[float, float, float, float], enlarged: float, side: int
) -> NDArray[Any]:
    """As large as asked for and the picture allows, shifted to lie inside; squeezed to a square."""
    height, width = pixels.shape[:2]
    x, y, across, down = box
    enlarged = min(enlarged, (width - 1) / across, (height - 1) / down)
    across, down = across * enlarged, down * enlarged
    left = int(min(max(0.0, x - across / 2), width - 1 - across))
    top = int(min(max(0.0, y - down / 2), height - 1 - down))
    part = pixels[top : top + int(down) + 1, left : left + int(across) + 1]
    # Bilinear without smoothing, as the networks were trained.
    return np.asarray(cv2.resize(part, (side, side), interpolation=cv2.INTER_LINEAR))
