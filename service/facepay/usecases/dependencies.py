"""The dependencies of use cases: every port, and the policy in force; built by `bootstrap`."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from facepay.domain.capture import Burst
from facepay.domain.policy import Policy
from facepay.ports import (
    Attestation,
    Clock,
    DeviceKeys,
    FaceEngine,
    ObservedFaces,
    OneTimeCodes,
    PadDetector,
    Passwords,
    SecretVault,
    Signer,
    TemplateVault,
    UnitsOfWork,
    WebhookSender,
)
from facepay.usecases.stage_timing import add_stages_within, timed_stage


@dataclass(frozen=True)
class Dependencies:
    issuer: str
    fingerprint_key: bytes = field(repr=False)
    policy: Policy
    face_distance_at_most: float  # from the calibration report in force, never from a default
    clock: Clock
    unit_of_work: UnitsOfWork
    engine: FaceEngine
    pad: PadDetector
    attestation: Attestation
    templates: TemplateVault
    secrets: SecretVault
    signer: Signer  # this node's own key: authorizations, which live for minutes
    root: Signer  # the root's key in the vault: what outlives the node that asks for it
    passwords: Passwords
    codes: OneTimeCodes
    device_keys: DeviceKeys
    webhooks: WebhookSender


@contextmanager
def observed(deps: Dependencies, burst: Burst) -> Iterator[ObservedFaces]:
    """What the engine sees in a burst, overwritten when the block is left, whatever happens."""
    with timed_stage("observe"):
        faces = deps.engine.observe(burst)
    try:
        yield faces
    finally:
        add_stages_within("face", getattr(faces, "seconds", {}))
        faces.wipe()


@contextmanager
def wiped(buffer: bytearray) -> Iterator[bytearray]:
    """A plaintext that is overwritten when the block is left."""
    try:
        yield buffer
    finally:
        buffer[:] = bytes(len(buffer))


def new_id(prefix: str) -> str:
    """An identifier nobody can guess: 128 random bits."""
    return f"{prefix}_{secrets.token_hex(16)}"
