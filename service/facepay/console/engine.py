"""The face engine for trying recordings, of the parts that the service is started with.

The same variables choose them: detector, model, calibration report. Where nothing is set they are
those of a rehearsal.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from facepay.adapters.dlib_face import DlibFaceEngine, SignalsPadDetector
from facepay.adapters.policy_file import read_policy
from facepay.config import PREFIX, SHIPPED_POLICY, ConfigError
from facepay.face.detection.detect import Detector, HogDetector
from facepay.face.detection.yunet import YunetDetector
from facepay.face.model_store import ModelError, ModelStore
from facepay.face.models.cards import DEFAULT, CardError
from facepay.face.pad.passive import PassivePack, open_pack
from facepay.face_threshold import rehearsal_threshold


@dataclass(frozen=True, slots=True)
class Engine:
    """`faces` and `pad` are the service's own; `detector` and `passive` name what they use."""

    faces: DlibFaceEngine
    pad: SignalsPadDetector
    detector: str
    passive: str | None


def engine_in_use(detector_file: Path | None, passive_files: Path | None) -> Engine:
    """Raises ConfigError, which says what to do."""

    def path(name: str) -> Path | None:
        value = os.environ.get(PREFIX + name, "")
        return Path(value) if value else None

    detector = _detector(detector_file)
    pack = _passive_pack(passive_files)
    try:
        store = ModelStore(path("MODELS"))
        embedder = store.embedder(os.environ.get(PREFIX + "MODEL", "") or DEFAULT)
    except (ModelError, CardError) as error:
        raise ConfigError(f"{PREFIX}MODEL: {error}") from None
    policy = read_policy(path("POLICY_FILE") or SHIPPED_POLICY)
    report, keys = path("CALIBRATION_REPORT"), path("CALIBRATION_KEYS")
    same_person = rehearsal_threshold(report, keys, policy, embedder.card)
    return Engine(
        faces=DlibFaceEngine(embedder, detector=detector),
        pad=SignalsPadDetector(embedder, same_person=same_person, pack=pack),
        detector="yunet" if detector_file else "hog",
        passive=pack.card.name if pack else None,
    )


def _detector(file: Path | None) -> Detector:
    try:
        return YunetDetector(file) if file else HogDetector()
    except ValueError as error:
        raise ConfigError(f"--detector: {error}") from None


def _passive_pack(folder: Path | None) -> PassivePack | None:
    try:
        return open_pack(folder) if folder else None
    except (ModelError, CardError) as error:
        raise ConfigError(f"--passive: {error}") from None
    except OSError as error:
        raise ConfigError(f"--passive: {error.filename}: {error.strerror}") from None
