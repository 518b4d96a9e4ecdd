"""Wire the service: choose a concrete adapter for every port. Importing this builds nothing.

gunicorn's factory is `facepay.bootstrap:create_wsgi()`; it runs in each worker, after the fork.
The console builds its face engine here too, so that a recording is judged by the service's parts.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from flask import Flask

from facepay import memory_scrubbing
from facepay.adapters.attestation import RegisteredKeyAttestation
from facepay.adapters.dlib_face import DlibFaceEngine, SignalsPadDetector
from facepay.adapters.node_signer import NodeSigner
from facepay.bootstrap_without_faces import build_without_faces, configure_log
from facepay.config import ConfigError, Profile, Settings
from facepay.domain.policy import Policy
from facepay.face.detection.detect import Detector, HogDetector
from facepay.face.detection.yunet import YunetDetector
from facepay.face.model_store import ModelError, ModelStore
from facepay.face.models.cards import CardError, ModelCard
from facepay.face.pad.passive import PassivePack, open_pack
from facepay.face.recognition.embed import Embedder
from facepay.face_threshold import threshold_in_force
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.warm_up import prepare
from facepay.web.app import create_app


@dataclass(frozen=True, slots=True)
class EngineParts:
    """The configured parts of a face engine.

    `models` None stands for the built-in models alone, `detector_file` None for dlib's detector,
    and `passive_files` None for no passive liveness networks. `detector_setting` and
    `passive_setting` are the names that an error message gives to the two settings.
    """

    model: str
    models: Path | None
    detector_file: Path | None
    passive_files: Path | None
    detector_setting: str = "FACEPAY_DETECTOR_FILE"
    passive_setting: str = "FACEPAY_PASSIVE_FILES"


@dataclass(frozen=True, slots=True)
class BuiltEngine:
    """The face engine and the liveness check, which share one model and one threshold."""

    faces: DlibFaceEngine
    pad: SignalsPadDetector
    same_person: float
    passive: PassivePack | None


def build_engine(parts: EngineParts, threshold: Callable[[ModelCard], float]) -> BuiltEngine:
    """Build the face engine and the liveness check.

    `threshold` gives the largest distance that matches under the model of a card. Raises
    ConfigError when a file is missing or damaged, and passes on the errors of `threshold`.
    """
    detector = _detector(parts)
    pack = _passive_pack(parts)
    embedder = _embedder(parts)
    same_person = threshold(embedder.card)
    return BuiltEngine(
        faces=DlibFaceEngine(embedder, detector=detector),
        pad=SignalsPadDetector(embedder, same_person=same_person, pack=pack),
        same_person=same_person,
        passive=pack,
    )


def build_dependencies(settings: Settings) -> Dependencies:
    """Build every port of a worker with its real adapter, which connects when it is first used.

    Raises ConfigError when the model is missing or no calibration report supports a threshold.
    """
    deps = build_without_faces(settings)
    policy = deps.policy
    engine = build_engine(
        _configured_parts(settings), lambda card: threshold_in_force(settings, policy, card)
    )
    return replace(
        deps,
        face_distance_at_most=engine.same_person,
        engine=engine.faces,
        pad=engine.pad,
        attestation=_attestation(policy),
    )


def build_for_renewals(settings: Settings) -> Dependencies:
    """Build what renewing templates needs: the model's name, and no calibration report.

    Raises ConfigError when there is no such model.
    """
    embedder = _embedder(_configured_parts(settings))
    return replace(build_without_faces(settings), engine=DlibFaceEngine(embedder))


def _configured_parts(settings: Settings) -> EngineParts:
    return EngineParts(
        settings.model, settings.models, settings.detector_file, settings.passive_files
    )


def _attestation(policy: Policy) -> RegisteredKeyAttestation:
    if policy.platform_attestation_required:
        raise ConfigError(
            "FACEPAY_POLICY_FILE: platform_attestation_required needs a verifier of Play Integrity "
            "or App Attest evidence. This version has none, so no face could pay: set it to false."
        )
    return RegisteredKeyAttestation()


def _embedder(parts: EngineParts) -> Embedder:
    try:
        return ModelStore(parts.models).embedder(parts.model)
    except (ModelError, CardError) as error:
        raise ConfigError(f"FACEPAY_MODEL: {error}") from None


def _detector(parts: EngineParts) -> Detector:
    if parts.detector_file is None:
        return HogDetector()
    try:
        return YunetDetector(parts.detector_file)
    except ValueError as error:
        raise ConfigError(f"{parts.detector_setting}: {error}") from None


def _passive_pack(parts: EngineParts) -> PassivePack | None:
    if parts.passive_files is None:
        return None
    try:
        return open_pack(parts.passive_files)
    except (ModelError, CardError) as error:
        raise ConfigError(f"{parts.passive_setting}: {error}") from None
    except OSError as error:
        cause = f"{error.filename}: {error.strerror}"
        raise ConfigError(f"{parts.passive_setting}: {cause}") from None


def create_wsgi() -> Flask:
    """Create the application of one gunicorn worker from the environment. Raises ConfigError."""
    settings = Settings.from_environment(os.environ)
    if settings.profile is Profile.LIVE and not memory_scrubbing.is_overwritten(os.environ):
        needed = " ".join(f"{name}={value}" for name, value in memory_scrubbing.ENVIRONMENT.items())
        raise ConfigError(
            "The live profile needs an allocator that overwrites freed memory: "
            f"start gunicorn under glibc with {needed}"
        )
    configure_log()
    deps = build_dependencies(settings)
    prepare(deps)
    if isinstance(deps.signer, NodeSigner):
        deps.signer.keep_certified()
    return create_app(deps, settings.origin)
