"""Implement FaceEngine and PadDetector with the engine in `facepay.face`.

This module translates: it passes the domain's bursts and challenges to the engine, and turns the
engine's refusals into errors of `domain.errors`. It drops a refusal's cause, because the frames of
its traceback hold pixels. It decides nothing. `prepare` loads the models and the network; otherwise
their first use does. dlib's detector is not thread-safe, so
`facepay.face.detection.dlib_models` keeps a lock with it.
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

# The number of bursts that one worker observes at a time. gunicorn gives a worker more threads than
# this, so that passwords, revocations and health checks never queue behind faces.
BURSTS_AT_ONCE = 3


class DlibFaceEngine:
    """Implementation of `ports.FaceEngine`: a detector, dlib's landmarks and a card's network.

    `observe` raises FaceUnavailable while `bursts_at_once` bursts are being observed.
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
        self._slots = threading.BoundedSemaphore(bursts_at_once)

    @property
    def model(self) -> str:
        return self._embedder.model

    def prepare(self) -> None:
        _translated(self._load)

    def _load(self) -> None:
        cv2.setNumThreads(1)  # the workers share the cores
        side = self._embedder.card.input.side
        np.median([0.0])  # the first call imports numpy.ma, which takes 10 ms
        grey = np.full((480, 640), 128, dtype=np.uint8)
        find_points(grey, centred(320, 240, 160, 1.0))
        self._detector.find_faces(grey)
        self._embedder.describe_fused(
            [np.full((side, side, 3), 128, dtype=np.uint8)] * PROBE_FRAMES
        )

    def observe(self, burst: Burst) -> ObservedFaces:
        if not self._slots.acquire(blocking=False):
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
            self._slots.release()

    def reference(self, faces: ObservedFaces, secret: bytearray) -> bytearray:
        def protected() -> bytearray:
            descriptor = recognise.reference(_observation(faces), self._embedder)
            try:
                return protection.protect(descriptor, secret)
            finally:
                descriptor.fill(0)

        return _translated(protected)

    def distance(self, faces: ObservedFaces, reference: bytearray, secret: bytearray) -> float:
        def measured() -> float:
            probe = recognise.probe(_observation(faces), self._embedder)
            try:
                return self._embedder.to_card_distance(
                    protection.distance(reference, probe, secret)
                )
            finally:
                probe.fill(0)

        return _translated(measured)

    def renewed(self, reference: bytearray, secret: bytearray, new_secret: bytearray) -> bytearray:
        return _translated(lambda: protection.renew(reference, secret, new_secret))


class SignalsPadDetector:
    """Implementation of `ports.PadDetector` with the signals of `facepay.face.pad`."""

    def __init__(
        self, embedder: Embedder, *, same_person: float, pack: PassivePack | None = None
    ) -> None:
        """Set the model, its largest distance that matches, and the passive networks or None."""
        self._evaluator = PadEvaluator(embedder, same_person, thresholds(), pack)

    def judge(self, faces: ObservedFaces, challenge: Challenge) -> PadVerdict:
        observation = _observation(faces)
        judgement = _translated(lambda: self._evaluator.judge(observation, challenge))
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


def _observation(faces: ObservedFaces) -> Observation:
    if not isinstance(faces, Observation):
        raise TypeError("another engine observed these faces")
    return faces


def _translated(act: Callable[[], _Result]) -> _Result:
    """Run `act` and raise its refusals as errors of the domain, without their cause."""
    try:
        return act()
    except FaceRefusal as refusal:
        kind, frame = refusal.kind, refusal.frame
        forget(refusal)  # the error is raised below, outside of this handler, so it is not chained
    except protection.MalformedTemplate:
        raise SealBroken("the sealed value is not a template of this engine") from None
    except FileNotFoundError:
        raise FaceUnavailable("the face models are not installed") from None
    except (WeightsError, ModelError, CardError):
        raise FaceUnavailable("the installed face models are not the expected ones") from None
    raise _ERRORS[kind](param=None if frame is None else f"frames[{frame}]")
