"""Ports: one Protocol for each boundary to the outside, such as database, vault and face engine.

Adapters implement them, and so do the fakes of the tests. Methods raise `domain.errors` only.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol, TypeVar

from facepay.domain.attempts import Attempts
from facepay.domain.attestation import Attested
from facepay.domain.audit import Head, Leaf, Opening
from facepay.domain.capture import Burst, Capture, PadVerdict
from facepay.domain.challenge import Challenge
from facepay.domain.checkpoint import Checkpoint
from facepay.domain.confirmation import Confirmation
from facepay.domain.consent import Consent
from facepay.domain.customer import Client, Customer, Merchant, SecondFactor, Terminal
from facepay.domain.deletion import Deletion
from facepay.domain.enrolment import Enrolment
from facepay.domain.event import Event
from facepay.domain.face_use import FaceUse
from facepay.domain.idempotency import IdempotencyRecord, UsedNonce
from facepay.domain.manifest import SignedManifest
from facepay.domain.operator_action import OperatorAction
from facepay.domain.page_session import PageSession
from facepay.domain.payment import Authorization, Intent
from facepay.domain.published_key import PublishedKey
from facepay.domain.recovery import RecoveryCode
from facepay.domain.standing import Standing
from facepay.domain.webhook import Delivery, Endpoint, Lane

Entity = TypeVar("Entity")


class Clock(Protocol):
    """The injected source of time."""

    def __call__(self) -> datetime:
        """Return the present time as an aware datetime in UTC."""


class ObservedFaces(Protocol):
    """The engine's observations of one burst: landmarks and aligned chips, in memory only.

    Use cases hold one only inside `with observed(...)`. An optional attribute `seconds` has the
    times of the engine's own stages, by name.
    """

    def wipe(self) -> None:
        """Overwrite pixels and landmarks in memory."""


class FaceEngine(Protocol):
    """Turns pixels into numbers, 1:1 only: there is no search, and no list to search in.

    Methods that read faces raise the errors of pictures (NoFace, …) and FaceUnavailable.
    """

    @property
    def model(self) -> str:
        """Name and version of model and alignment; references of another model do not compare."""

    def prepare(self) -> None:
        """Load the models, so that the first payer does not wait. Raises FaceUnavailable."""

    def observe(self, burst: Burst) -> ObservedFaces:
        """Decode the frames, detect one face in each, and align it."""

    def reference(self, faces: ObservedFaces, secret: bytearray) -> bytearray:
        """Return a protected template (ISO/IEC 24745), which is useless without the secret.

        One secret (32 bytes) protects one template; the caller overwrites both after sealing.
        """

    def distance(self, faces: ObservedFaces, reference: bytearray, secret: bytearray) -> float:
        """Return the Euclidean distance of unit vectors, 0 to 2. Raises SealBroken."""

    def renewed(self, reference: bytearray, secret: bytearray, new_secret: bytearray) -> bytearray:
        """Return the same reference under another secret, without a capture. Raises SealBroken."""


class PadDetector(Protocol):
    """Presentation attack detection (ISO/IEC 30107-3) over one burst."""

    def judge(self, faces: ObservedFaces, challenge: Challenge) -> PadVerdict:
        """Judge whether one living person follows the challenge. Raises as FaceEngine does."""


class Attestation(Protocol):
    """Verifies a capturing device: its registered key, and its platform's evidence."""

    def verify(self, signed: SignedManifest, key: Client) -> Attested:
        """Verify the manifest's signature with `key`, and platform evidence if there is any.

        Raises ManifestInvalid, AttestationUnsupported, DeviceNotTrusted.
        """


class TemplateVault(Protocol):
    """Seals templates with keys that never leave the vault, one key for each enrolment.

    A template opens with its key alone. `binding` is GCM's associated data: a value moved to
    another row does not open. All raise VaultUnavailable, and SealBroken without the key.
    """

    def create_key(self, key_name: str) -> None:
        """Create an AES-256 key that cannot be exported; call once for each name."""

    def seal(self, key_name: str, plaintext: bytes | bytearray, *, binding: str) -> str:
        """Return the ciphertext."""

    def unseal(self, key_name: str, sealed: str, *, binding: str) -> bytearray:
        """Return the plaintext; the caller overwrites it. Raises SealBroken for a moved value."""

    def derive_secret(self, key_name: str) -> bytearray:
        """Return 32 secret bytes of this key, the same each time, for template protection."""

    def has_key(self, key_name: str) -> bool:
        """Return whether the vault itself says that it has this key."""

    def destroy_key(self, key_name: str) -> bool:
        """Destroy the key, and ask the vault whether it is gone; False: there was none."""


class SecretVault(Protocol):
    """Seals secrets of factors and webhooks, bound to their rows. Raises VaultUnavailable."""

    def seal_secret(self, plaintext: bytes, *, binding: str) -> str:
        """Return the ciphertext."""

    def unseal_secret(self, sealed: str, *, binding: str) -> bytearray:
        """Return the plaintext; the caller overwrites it. Raises SealBroken for a moved value."""


class Signer(Protocol):
    """Signs authorizations, receipts and checkpoints: JWS, ES256 (RFC 7515, RFC 7518 3.4).

    A key is published before it signs (`UnitOfWork.published_keys`). A signer may therefore open
    its own unit of work: never sign inside one. Raises VaultUnavailable, StorageUnavailable.
    """

    def prepare(self) -> None:
        """Make a key ready, so that the first signature does not wait for it."""

    def sign(self, claims: Mapping[str, Any], *, typ: str) -> str:
        """Return a compact JWS with `typ` and `kid` in its header."""


class RootSigner(Signer, Protocol):
    """A signer that can also tell its own signatures, by keys that no database has."""

    def verify(self, token: str, *, typ: str) -> Mapping[str, Any] | None:
        """Return the claims of a compact JWS of this type, or None if this key did not sign it.

        Only public keys that the vault itself named count. Raises as `sign` does.
        """


class CheckpointKeys(Protocol):
    """Keys that exist in the vault or do not, and so tell which checkpoint was signed last.

    They seal nothing. A database writer can neither make nor destroy one. Every method raises
    VaultUnavailable.
    """

    def create_key(self, key_name: str) -> None:
        """Create a key, unless there is one of this name."""

    def has_key(self, key_name: str) -> bool:
        """Tell whether the vault has a key of this name."""

    def destroy_key(self, key_name: str) -> bool:
        """Destroy the key, and ask the vault whether it is gone; False: there was none."""


class WebhookSender(Protocol):
    """Sends events to addresses that others registered and that are not trusted."""

    def check(self, url: str) -> None:
        """Refuse an address that events may not be sent to. Raises InvalidRequest."""

    def send(self, url: str, secret: bytearray, event_id: str, body: str) -> str:
        """Make one signed attempt (Standard Webhooks 1.0), whatever the receiver does.

        Returns `http_` and the status, or NO_ANSWER or ADDRESS_NOT_ALLOWED of `domain.webhook`.
        """


class Passwords(Protocol):
    """Hashes passwords with argon2id (RFC 9106)."""

    def hash(self, password: str) -> str:
        """Return a salted hash in PHC string format; slow on purpose."""

    def verify(self, phc: str | None, password: str) -> bool:
        """Return whether the password fits; `phc` None (unknown customer) takes the same time."""


class OneTimeCodes(Protocol):
    """One-time codes: TOTP (RFC 6238), 30 s steps, no drift window."""

    def new_secret(self) -> str:
        """Return 160 random bits in base32."""

    def uri(self, secret: str, *, account: str) -> str:
        """Return the otpauth URI that an authenticator app reads."""

    def qr(self, uri: str) -> str:
        """Return the URI as a QR code (ISO/IEC 18004): an SVG in a data URI."""

    def matching_time_step(self, secret: str, code: str, at: datetime) -> int | None:
        """Return the time step of `at` if `code` is right for it, else None; in constant time."""


class DeviceKeys(Protocol):
    """Verifies signatures of customers' device keys: JWS, ES256 (RFC 7515, RFC 7518 3.4)."""

    def verify(self, jws: str, keys: Mapping[str, str], *, typ: str) -> Confirmation | None:
        """Return what one of `keys` (PEM by keyid) signed, or None after the same time."""


class Repository(Protocol[Entity]):
    """Rows of one kind, as frozen domain values.

    `equals` names fields and their values: a set means any of its members, a Span any in it.
    """

    def add(self, entity: Entity) -> None:
        """Insert a row. Raises AlreadyExists when a unique field is taken."""

    def find(self, **equals: Any) -> Entity | None:
        """Return one matching row, or None."""

    def find_all(
        self,
        *,
        limit: int | None = None,
        after_seq: int | None = None,
        before_seq: int | None = None,
        after_id: str | None = None,
        having: str | None = None,
        newest_by: str | None = None,
        oldest_by: str | None = None,
        **equals: Any,
    ) -> list[Entity]:
        """Return matching rows, ascending with `after_seq` or `after_id`, descending otherwise.

        `newest_by` or `oldest_by` names a field to order by; `having` names a field that is set.
        """

    def count(self, **equals: Any) -> int:
        """Return the number of matching rows."""

    def lock(self, entity_id: str) -> Entity | None:
        """Return the row, locked against other writers until the unit of work ends, or None."""

    def update(self, entity: Entity, **expecting: Any) -> None:
        """Make one conditional UPDATE by id. Raises StaleRow unless the row is as `expecting`."""

    def update_all(self, changes: Mapping[str, Any], **equals: Any) -> int:
        """Make one UPDATE of all matching rows, and return their number."""

    def delete_before(self, field: str, moment: datetime) -> None:
        """Delete the rows whose `field` is before `moment`."""


class Deliveries(Repository[Entity], Protocol[Entity]):
    """Deliveries of events to endpoints."""

    def endpoints_due(self, lane: Lane, now: datetime) -> list[str]:
        """Return the ids of endpoints with a delivery due in this lane."""

    def due(self, endpoint_id: str, lane: Lane, now: datetime, *, limit: int) -> list[Entity]:
        """Return the deliveries due, in order; for each payment only the first that waits."""

    def tally(self, endpoint_id: str) -> dict[str, int]:
        """Return the number of deliveries in each state."""


class UnitOfWork(Protocol):
    """One transaction; leaving the block without `commit` rolls everything back.

    All use cases lock rows in one order, so that they do not deadlock: operator action, customer,
    second factors and recovery codes, merchant, terminal, client key, enrolment, intent, capture,
    consent, webhook endpoint and its deliveries, attempt counters, page session, idempotency
    record, log head, checkpoint. Raises StorageUnavailable when the database fails.
    """

    operator_actions: Repository[OperatorAction]
    clients: Repository[Client]
    merchants: Repository[Merchant]
    terminals: Repository[Terminal]
    customers: Repository[Customer]
    second_factors: Repository[SecondFactor]
    recovery_codes: Repository[RecoveryCode]
    attempts: Repository[Attempts]
    consents: Repository[Consent]
    enrolments: Repository[Enrolment]
    deletions: Repository[Deletion]
    captures: Repository[Capture]
    intents: Repository[Intent]
    authorizations: Repository[Authorization]
    leaves: Repository[Leaf]
    openings: Repository[Opening]
    heads: Repository[Head]
    checkpoints: Repository[Checkpoint]
    published_keys: Repository[PublishedKey]
    idempotency: Repository[IdempotencyRecord]
    nonces: Repository[UsedNonce]
    events: Repository[Event]
    page_sessions: Repository[PageSession]
    endpoints: Repository[Endpoint]
    deliveries: Deliveries[Delivery]
    face_uses: Repository[FaceUse]

    def standing(self, keyid: str) -> Standing | None:
        """Return a client with its terminal and merchant, by one statement; None if unknown."""

    def before_commit(self, check: Callable[[], None]) -> None:
        """Run `check` at the very end, under every lock; an error it raises prevents the commit."""

    def commit(self) -> None:
        """Commit everything done in this unit of work, after its checks."""


UnitsOfWork = Callable[[], AbstractContextManager[UnitOfWork]]
