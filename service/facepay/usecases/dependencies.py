"""The dependencies of use cases: every port, and the policy in force; built by `bootstrap`."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from facepay.domain.capture import Burst
from facepay.domain.checkpoint import LogMemory
from facepay.domain.policy import Policy
from facepay.ports import (
    Attestation,
    CheckpointKeys,
    Clock,
    DeviceKeys,
    FaceEngine,
    ObservedFaces,
    OneTimeCodes,
    PadDetector,
    Passwords,
    RootSigner,
    SecretVault,
    Signer,
    TemplateVault,
    UnitsOfWork,
    WebhookSender,
)
from facepay.usecases.stage_timing import add_stages_within, timed_stage


@dataclass(frozen=True)
class Dependencies:
    """All ports and settings of the use cases; `issuer` is the service's own base URL."""

    issuer: str
    fingerprint_key: bytes = field(repr=False)  # HMAC key: fingerprints, duress tags, cookies
    policy: Policy
    face_distance_at_most: float  # from the calibration report in force, never from a default
    clock: Clock
    unit_of_work: UnitsOfWork
    engine: FaceEngine
    pad: PadDetector
    attestation: Attestation
    templates: TemplateVault
    secrets: SecretVault
    signer: Signer  # this node's own key, for authorizations, which live for minutes
    root: (
        RootSigner  # the root key in the vault, for checkpoints and receipts, which outlive a node
    )
    checkpoint_keys: CheckpointKeys
    passwords: Passwords
    codes: OneTimeCodes
    device_keys: DeviceKeys
    webhooks: WebhookSender
    log_memory: LogMemory = field(default_factory=LogMemory)  # of this worker alone


@contextmanager
def observed(deps: Dependencies, burst: Burst) -> Iterator[ObservedFaces]:
    """Observe a burst, and overwrite pixels and landmarks when the block ends, also by an error."""
    with timed_stage("observe"):
        faces = deps.engine.observe(burst)
    try:
        yield faces
    finally:
        add_stages_within("face", getattr(faces, "seconds", {}))
        faces.wipe()


@contextmanager
def wiped(buffer: bytearray) -> Iterator[bytearray]:
    """Hand out a plaintext, and overwrite it with zeros when the block ends."""
    try:
        yield buffer
    finally:
        buffer[:] = bytes(len(buffer))


# An id that no row has: `new_id` makes ids with a prefix and random digits. Work for an unknown
# customer or factor uses this id, so that it takes the same statements and the same time.
NO_ROW = "nobody"


def new_id(prefix: str) -> str:
    """Return an id that cannot be guessed: a prefix and 128 random bits in hex."""
    return f"{prefix}_{secrets.token_hex(16)}"
