"""The face engine for trying recordings, of the parts that the service is started with.

The same variables choose them: detector, model, calibration report. Where nothing is set they are
those of a rehearsal.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from facepay.adapters.dlib_face import DlibFaceEngine, SignalsPadDetector
from facepay.adapters.policy_file import read_policy
from facepay.config import PREFIX, SHIPPED_POLICY
from facepay.face.cards import DEFAULT
from facepay.face.detect import HogDetector
from facepay.face.model_store import ModelStore
from facepay.face.pad.passive import open_pack
from facepay.face.yunet import YunetDetector
from facepay.threshold import rehearsal_threshold


@dataclass(frozen=True, slots=True)
class Engine:
    """`faces` and `pad` are the service's own; `detector` is which one finds the faces, `passive`
    the passive pack's name, None where there is none.
    """

    faces: DlibFaceEngine
    pad: SignalsPadDetector
    detector: str
    passive: str | None


def engine_in_use(detector_file: Path | None) -> Engine:
    """Raises ConfigError, ModelError, CardError, and ValueError for a file that is no detector."""

    def path(name: str) -> Path | None:
        value = os.environ.get(PREFIX + name, "")
        return Path(value) if value else None

    detector = YunetDetector(detector_file) if detector_file else HogDetector()
    embedder = ModelStore(path("MODELS")).embedder(os.environ.get(PREFIX + "MODEL", "") or DEFAULT)
    policy = read_policy(path("POLICY_FILE") or SHIPPED_POLICY)
    report, keys = path("CALIBRATION_REPORT"), path("CALIBRATION_KEYS")
    same_person = rehearsal_threshold(report, keys, policy, embedder.card)
    passive_files = path("PASSIVE_FILES")
    pack = open_pack(passive_files) if passive_files else None
    return Engine(
        faces=DlibFaceEngine(embedder, detector=detector),
        pad=SignalsPadDetector(embedder, same_person=same_person, pack=pack),
        detector="yunet" if detector_file else "hog",
        passive=pack.card.name if pack else None,
    )
