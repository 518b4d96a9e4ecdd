"""The one place that names concrete adapters. Nothing is built at import.

gunicorn's factory is `facepay.bootstrap:create_wsgi()`; it runs in each worker, after the fork.
"""

import logging
import os

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
from facepay.face.models.cards import CardError
from facepay.face.pad.passive import PassivePack, open_pack
from facepay.face.recognition.embed import Embedder
from facepay.face_threshold import threshold_in_force
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.warm_up import prepare
from facepay.web.app import create_app


def build_dependencies(settings: Settings) -> Dependencies:
    """Every port with its real adapter. Connections are opened when they are first needed.

    Raises ConfigError where the model is not there, or no calibration report supports a threshold.
    """
    session = OpenBaoSession(
        settings.vault_url,
        role_id=settings.vault_role_id,
        secret_id=settings.vault_secret_id,
        ca_file=settings.vault_ca_file,
    )
    vault = OpenBaoVault(session)
    policy = read_policy(settings.policy_file)
    embedder = _embedder(settings)
    same_person = threshold_in_force(settings, policy, embedder.card)
    clock_file = settings.rehearsal_clock_file
    clock = RehearsalClock(clock_file) if clock_file else system_clock
    database = Database(settings.database_url)
    directory = KeyDirectory(database, clock)
    root = TransitSigner(session, directory.publish_roots)
    return Dependencies(
        issuer=settings.origin,
        fingerprint_key=settings.fingerprint_key.encode(),
        policy=policy,
        face_distance_at_most=same_person,
        clock=clock,
        unit_of_work=database,
        engine=DlibFaceEngine(embedder, detector=_detector(settings)),
        pad=SignalsPadDetector(embedder, same_person=same_person, pack=_passive_pack(settings)),
        attestation=_attestation(policy),
        templates=vault,
        secrets=vault,
        signer=NodeSigner(
            root,
            directory,
            clock,
            issuer=settings.origin,
            signed_for=policy.authorization_lifetime,
        ),
        root=root,
        passwords=Argon2Passwords(),
        codes=TotpCodes(),
        device_keys=JoseDeviceKeys(),
        webhooks=HttpWebhookSender(loopback=settings.profile is Profile.REHEARSAL),
    )


def _attestation(policy: Policy) -> RegisteredKeyAttestation:
    if policy.platform_attestation_required:
        raise ConfigError(
            "FACEPAY_POLICY_FILE: platform_attestation_required needs a verifier of Play Integrity "
            "or App Attest evidence, and this version has none: no face could pay"
        )
    return RegisteredKeyAttestation()


def _embedder(settings: Settings) -> Embedder:
    try:
        return ModelStore(settings.models).embedder(settings.model)
    except (ModelError, CardError) as error:
        raise ConfigError(f"FACEPAY_MODEL: {error}") from None


def _detector(settings: Settings) -> Detector:
    if settings.detector_file is None:
        return HogDetector()
    try:
        return YunetDetector(settings.detector_file)
    except ValueError as error:
        raise ConfigError(f"FACEPAY_DETECTOR_FILE: {error}") from None


def _passive_pack(settings: Settings) -> PassivePack | None:
    if settings.passive_files is None:
        return None
    try:
        return open_pack(settings.passive_files)
    except (ModelError, CardError, OSError) as error:
        raise ConfigError(f"FACEPAY_PASSIVE_FILES: {error}") from None


def create_wsgi() -> Flask:
    """The application of one gunicorn worker, from the environment. Raises ConfigError."""
    settings = Settings.from_environment(os.environ)
    if settings.profile is Profile.LIVE and not memory_scrubbing.is_overwritten(os.environ):
        wanted = " ".join(f"{name}={value}" for name, value in memory_scrubbing.ENVIRONMENT.items())
        raise ConfigError(f"start gunicorn under glibc with {wanted}: freed memory is overwritten")
    _write_log()
    deps = build_dependencies(settings)
    prepare(deps)
    if isinstance(deps.signer, NodeSigner):
        deps.signer.keep_certified()
    return create_app(deps, settings.origin)


def _write_log() -> None:
    """To stderr, where gunicorn's own log goes; of libraries, warnings only."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("[%(asctime)s] %(levelname)s %(name)s %(message)s"))
    logger = logging.getLogger("facepay")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
