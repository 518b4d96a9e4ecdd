"""Wire the service: choose a concrete adapter for every port. Importing this builds nothing.

gunicorn's factory is `facepay.bootstrap:create_wsgi()`; it runs in each worker, after the fork.
The console builds its face engine here too, so that a recording is judged by the service's parts.
"""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from facepay import memory_scrubbing
from facepay.adapters.attestation import RegisteredKeyAttestation
from facepay.adapters.clocks import RehearsalClock, system_clock
from facepay.adapters.device_keys import JoseDeviceKeys
from facepay.adapters.dlib_face import DlibFaceEngine, SignalsPadDetector
from facepay.adapters.key_directory import KeyDirectory
from facepay.adapters.node_signer import NodeSigner
from facepay.adapters.one_time_codes import TotpCodes
from facepay.adapters.openbao import OpenBaoVault
from facepay.adapters.openbao_session import OpenBaoSession
from facepay.adapters.passwords import Argon2Passwords
from facepay.adapters.policy_file import read_policy
from facepay.adapters.transit_signer import TransitSigner
from facepay.adapters.unit_of_work import Database
from facepay.adapters.webhook_sender import HttpWebhookSender
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
    """Build every port with its real adapter. An adapter connects when it is first used.

    Raises ConfigError when the model is missing or no calibration report supports a threshold.
    """
    session = OpenBaoSession(
        settings.vault_url,
        role_id=settings.vault_role_id,
        secret_id=settings.vault_secret_id,
        ca_file=settings.vault_ca_file,
    )
    vault = OpenBaoVault(session)
    log_keys = OpenBaoVault(session, prefix=f"log-{settings.log_name}")
    policy = read_policy(settings.policy_file)
    engine = _configured_engine(settings, policy)
    clock_file = settings.rehearsal_clock_file
    clock = RehearsalClock(clock_file) if clock_file else system_clock
    database = Database(settings.database_url)
    directory = KeyDirectory(database, clock)
    root = TransitSigner(session, directory.publish_roots)
    signed_for = policy.authorization_lifetime
    return Dependencies(
        issuer=settings.origin,
        fingerprint_key=settings.fingerprint_key.encode(),
        policy=policy,
        face_distance_at_most=engine.same_person,
        clock=clock,
        unit_of_work=database,
        engine=engine.faces,
        pad=engine.pad,
        attestation=_attestation(policy),
        templates=vault,
        secrets=vault,
        signer=NodeSigner(root, directory, clock, issuer=settings.origin, signed_for=signed_for),
        root=root,
        checkpoint_keys=log_keys,
        passwords=Argon2Passwords(),
        codes=TotpCodes(),
        device_keys=JoseDeviceKeys(),
        webhooks=HttpWebhookSender(loopback=settings.profile is Profile.REHEARSAL),
    )


def _configured_engine(settings: Settings, policy: Policy) -> BuiltEngine:
    parts = EngineParts(
        settings.model, settings.models, settings.detector_file, settings.passive_files
    )
    return build_engine(parts, lambda card: threshold_in_force(settings, policy, card))


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
    _configure_log()
    deps = build_dependencies(settings)
    prepare(deps)
    if isinstance(deps.signer, NodeSigner):
        deps.signer.keep_certified()
    return create_app(deps, settings.origin)


def _configure_log() -> None:
    """Write the log to stderr, beside gunicorn's own. Libraries write warnings only."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("[%(asctime)s] %(levelname)s %(name)s %(message)s"))
    logger = logging.getLogger("facepay")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
