"""Build the face engine for recordings, from the same variables as the service.

FACEPAY_MODEL, FACEPAY_MODELS, FACEPAY_POLICY_FILE and the calibration variables choose the parts.
An unset variable means the default of the rehearsal profile.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from facepay.adapters.dlib_face import DlibFaceEngine, SignalsPadDetector
from facepay.adapters.policy_file import read_policy
from facepay.bootstrap import EngineParts, build_engine
from facepay.config import PREFIX, SHIPPED_POLICY
from facepay.face.models.cards import DEFAULT, ModelCard
from facepay.face_threshold import rehearsal_threshold


@dataclass(frozen=True, slots=True)
class Engine:
    """The service's engine and liveness check; `detector` and `passive` name the parts in use."""

    faces: DlibFaceEngine
    pad: SignalsPadDetector
    detector: str
    passive: str | None


def engine_in_use(detector_file: Path | None, passive_files: Path | None) -> Engine:
    """Build the engine that the options and variables choose.

    Raises ConfigError, which says what to do.
    """
    parts = EngineParts(
        model=os.environ.get(PREFIX + "MODEL", "") or DEFAULT,
        models=_path("MODELS"),
        detector_file=detector_file,
        passive_files=passive_files,
        detector_setting="--detector",
        passive_setting="--passive",
    )
    built = build_engine(parts, _threshold)
    return Engine(
        faces=built.faces,
        pad=built.pad,
        detector="yunet" if detector_file else "hog",
        passive=built.passive.card.name if built.passive else None,
    )


def _threshold(card: ModelCard) -> float:
    policy = read_policy(_path("POLICY_FILE") or SHIPPED_POLICY)
    return rehearsal_threshold(_path("CALIBRATION_REPORT"), _path("CALIBRATION_KEYS"), policy, card)


def _path(name: str) -> Path | None:
    value = os.environ.get(PREFIX + name, "")
    return Path(value) if value else None
