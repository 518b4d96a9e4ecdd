"""Wire everything but faces: database, vault, signers, webhooks. Importing this builds nothing.

The console needs no more. A worker adds the face engine (`bootstrap.py`).
"""

import logging

from facepay.adapters.clocks import RehearsalClock, system_clock
from facepay.adapters.device_keys import JoseDeviceKeys
from facepay.adapters.key_directory import KeyDirectory
from facepay.adapters.no_faces import NO_DISTANCE_MATCHES, NoFaces
from facepay.adapters.node_signer import NodeSigner
from facepay.adapters.one_time_codes import TotpCodes
from facepay.adapters.openbao import OpenBaoVault
from facepay.adapters.openbao_session import OpenBaoSession
from facepay.adapters.passwords import Argon2Passwords
from facepay.adapters.policy_file import read_policy
from facepay.adapters.transit_signer import TransitSigner
from facepay.adapters.unit_of_work import Database
from facepay.adapters.webhook_sender import HttpWebhookSender
from facepay.config import Profile, Settings
from facepay.usecases.dependencies import Dependencies


def build_without_faces(settings: Settings) -> Dependencies:
    """Build every port with its real adapter, except that use cases with faces are refused.

    It reads no model and no calibration report. An adapter connects when it is first used.
    """
    session = OpenBaoSession(
        settings.vault_url,
        role_id=settings.vault_role_id,
        secret_id=settings.vault_secret_id,
        ca_file=settings.vault_ca_file,
    )
    vault, no_faces = OpenBaoVault(session), NoFaces()
    log_keys = OpenBaoVault(session, prefix=f"log-{settings.log_name}")
    policy = read_policy(settings.policy_file)
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
        face_distance_at_most=NO_DISTANCE_MATCHES,
        clock=clock,
        unit_of_work=database,
        engine=no_faces,
        pad=no_faces,
        attestation=no_faces,
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


def configure_log() -> None:
    """Write the service's log to stderr. Libraries write warnings only."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("[%(asctime)s] %(levelname)s %(name)s %(message)s"))
    logger = logging.getLogger("facepay")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
