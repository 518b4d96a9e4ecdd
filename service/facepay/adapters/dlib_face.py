"""FaceEngine and PadDetector over the engine room `facepay.face`.

Translates both ways: bursts and challenges of the domain go in, refusals come out as errors of
`domain.errors`, without their cause, whose frames hold pixels. It decides nothing. Models and
network are loaded by `prepare`, or when they are first used. dlib's detector is not thread-safe,
and `facepay.face.detection.dlib_models` keeps a lock with it.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

import cv2
import numpy as np

from facepay.domain.capture import Burst, Guidance, PadOutcome, PadSignal, PadVerdict
from facepay.domain.challenge import Challenge
from facepay.domain.errors import (
    Blurred,
    FacepayError,
    FaceTooSmall,
    FaceUnavailable,
    FrameTooLarge,
    NoFace,
    NotFrontal,
    SealBroken,
    TooBright,
    TooDark,
    TwoFaces,
    UnfitFrame,
    UnreadableFrame,
    UnsupportedFrame,
)
from facepay.face.detection.detect import Detector, HogDetector, centred
from facepay.face.detection.landmarks import find_points
from facepay.face.errors import FaceRefusal, RefusalKind
from facepay.face.model_store import ModelError
from facepay.face.models.cards import CardError
from facepay.face.models.weights import WeightsError
from facepay.face.observe import Observation, SentFrame, observe
from facepay.face.pad.evaluate import PadEvaluator
from facepay.face.pad.passive import PassivePack
from facepay.face.pad.thresholds import thresholds
from facepay.face.recognition import recognise
from facepay.face.recognition import template_protection as protection
from facepay.face.recognition.embed import Embedder
from facepay.face.recognition.recognise import PROBE_FRAMES
from facepay.memory_scrubbing import forget
from facepay.ports import ObservedFaces

_Result = TypeVar("_Result")

_ERRORS: dict[RefusalKind, type[FacepayError]] = {
    RefusalKind.UNREADABLE: UnreadableFrame,
    RefusalKind.UNSUPPORTED: UnsupportedFrame,
    RefusalKind.TOO_LARGE: FrameTooLarge,
    RefusalKind.UNFIT_SHAPE: UnfitFrame,
    RefusalKind.NO_FACE: NoFace,
    RefusalKind.TWO_FACES: TwoFaces,
    RefusalKind.FACE_TOO_SMALL: FaceTooSmall,
    RefusalKind.NOT_FRONTAL: NotFrontal,
    RefusalKind.TOO_DARK: TooDark,
    RefusalKind.TOO_BRIGHT: TooBright,
    RefusalKind.BLURRED: Blurred,
}

# Bursts that one worker may be busy with or keep waiting for. gunicorn gives it more threads than
# this, so that passwords, revocations and health never queue behind faces.
BURSTS_AT_ONCE = 3


class DlibFaceEngine:
    """`ports.FaceEngine` with dlib's landmarks, a detector, and the network of a model card.

    Beyond `bursts_at_once` it refuses with FaceUnavailable instead of queueing.
    """

    def __init__(
        self,
        embedder: Embedder,
        *,
        detector: Detector | None = None,
        bursts_at_once: int = BURSTS_AT_ONCE,
    ) -> None:
        self._embedder = embedder
        self._detector = detector or HogDetector()
        self._places = threading.BoundedSemaphore(bursts_at_once)

    @property
    def model(self) -> str:
        return self._embedder.model

    def prepare(self) -> None:
        _translated(self._load)

    def _load(self) -> None:
        cv2.setNumThreads(1)  # the cores are the workers'
        side = self._embedder.card.input.side
        np.median([0.0])  # its first use imports numpy.ma: 10 ms
        grey = np.full((480, 640), 128, dtype=np.uint8)
        find_points(grey, centred(320, 240, 160, 1.0))
        self._detector.find_faces(grey)
        self._embedder.describe_fused(
            [np.full((side, side, 3), 128, dtype=np.uint8)] * PROBE_FRAMES
        )

    def observe(self, burst: Burst) -> ObservedFaces:
        if not self._places.acquire(blocking=False):
            raise FaceUnavailable("too many captures at once")
        try:
            frames = [
                SentFrame(frame.image, frame.step, frame.monotonic_ms, frame.colour)
                for frame in burst.frames
            ]
            return _translated(
                lambda: observe(frames, mirrored=burst.mirrored, detector=self._detector)
            )
        finally:
            self._places.release()

    def reference(self, faces: ObservedFaces, secret: bytearray) -> bytearray:
        def protected() -> bytearray:
            descriptor = recognise.reference(_own(faces), self._embedder)
            try:
                return protection.protect(descriptor, secret)
            finally:
                descriptor.fill(0)

        return _translated(protected)

    def distance(self, faces: ObservedFaces, reference: bytearray, secret: bytearray) -> float:
        def apart() -> float:
            probe = recognise.probe(_own(faces), self._embedder)
            try:
                return self._embedder.to_card_distance(
                    protection.distance(reference, probe, secret)
                )
            finally:
                probe.fill(0)

        return _translated(apart)

    def renewed(self, reference: bytearray, secret: bytearray, new_secret: bytearray) -> bytearray:
        return _translated(lambda: protection.renew(reference, secret, new_secret))


class SignalsPadDetector:
    """`ports.PadDetector` by the signals of `facepay.face.pad`: each says what it stops."""

    def __init__(
        self, embedder: Embedder, *, same_person: float, pack: PassivePack | None = None
    ) -> None:
        """`same_person` is the distance that matches (`threshold`), which is the model's own."""
        self._evaluator = PadEvaluator(embedder, same_person, thresholds(), pack)

    def judge(self, faces: ObservedFaces, challenge: Challenge) -> PadVerdict:
        seen = _own(faces)
        judgement = _translated(lambda: self._evaluator.judge(seen, challenge))
        return PadVerdict(
            outcome=PadOutcome(judgement.outcome),
            reason=judgement.reason,
            guidance=Guidance(judgement.guidance) if judgement.guidance else None,
            risk=judgement.risk,
            signals=tuple(
                PadSignal(each.name, each.score, each.verdict.value, each.reason)
                for each in judgement.signals
            ),
        )


def _own(faces: ObservedFaces) -> Observation:
    if not isinstance(faces, Observation):
        raise TypeError("these faces were observed by another engine")
    return faces


def _translated(act: Callable[[], _Result]) -> _Result:
    """Run `act`; a refusal of the engine room becomes an error of the domain, and only that."""
    try:
        return act()
    except FaceRefusal as refusal:
        kind, frame = refusal.kind, refusal.frame
        forget(refusal)  # the one that is raised for it below is not chained to it
    except protection.MalformedTemplate:
        raise SealBroken("what was sealed is no template of this engine") from None
    except FileNotFoundError:
        raise FaceUnavailable("the face models are not installed") from None
    except (WeightsError, ModelError, CardError):
        raise FaceUnavailable("the face models are not the ones they should be") from None
    raise _ERRORS[kind](param=None if frame is None else f"frames[{frame}]")
