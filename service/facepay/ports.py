"""What is truly outside: the database, the vault, the face engine, the clock.

One Protocol per real boundary, none for imagined ones. Adapters implement them; tests have
fakes that implement them too. Every method raises errors of `domain.errors` only.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from facepay.domain.attempts import Attempts
from facepay.domain.attestation import Attested
from facepay.domain.audit import Head, Leaf, Opening
from facepay.domain.capture import Burst, Capture, PadVerdict
from facepay.domain.challenge import Challenge
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
from facepay.domain.webhook import Delivery, Endpoint, Lane

Entity = TypeVar("Entity")


class Clock(Protocol):
    """Time is injected. Returns an aware datetime in UTC."""

    def __call__(self) -> datetime: ...


class ObservedFaces(Protocol):
    """What the engine saw in one burst: landmarks and aligned chips, in memory only.

    `wipe` overwrites them. Use cases hold one only inside `with observed(...)`. An engine may also
    tell how many seconds its own steps took, by name, in an attribute `seconds`.
    """

    def wipe(self) -> None: ...


class FaceEngine(Protocol):
    """Pixels in, numbers out. 1:1 only: there is no search, and no list to search in."""

    @property
    def model(self) -> str:
        """Name and version of model and alignment; references of another model do not compare."""

    def prepare(self) -> None:
        """Load what the first payer would otherwise wait for. Raises FaceUnavailable."""

    def observe(self, burst: Burst) -> ObservedFaces:
        """Decode, detect and align.

        Raises UnreadableFrame, UnsupportedFrame, FrameTooLarge, NoFace, TwoFaces, FaceTooSmall.
        """

    def reference(self, faces: ObservedFaces, secret: bytearray) -> bytearray:
        """A protected template (ISO/IEC 24745): of no use to who has not got the secret, too.

        One template a secret. The caller seals it and overwrites both. Raises CaptureRetry where
        no frame is good enough.
        """

    def distance(self, faces: ObservedFaces, reference: bytearray, secret: bytearray) -> float:
        """Between the reference and the probe fused over near-frontal frames: Euclidean, at unit
        length, 0 to 2. Raises SealBroken for what is no reference."""

    def renewed(self, reference: bytearray, secret: bytearray, new_secret: bytearray) -> bytearray:
        """The same reference under another secret, without its owner. Raises SealBroken."""


class PadDetector(Protocol):
    """Presentation attack detection (ISO/IEC 30107-3) over one burst."""

    def judge(self, faces: ObservedFaces, challenge: Challenge) -> PadVerdict:
        """Alive, and one person from the first frame to the last.

        Raises CaptureRetry where no frame is good enough to be compared; FaceUnavailable.
        """


class Attestation(Protocol):
    """Who vouches for a capturing device: its registered key, and its platform where it can."""

    def verify(self, signed: SignedManifest, key: Client) -> Attested:
        """Raises ManifestInvalid where the key did not sign this, AttestationUnsupported where
        nobody here can check what the platform says, DeviceNotTrusted where that does not hold."""


class TemplateVault(Protocol):
    """Seals with keys that never leave the vault. Raises VaultUnavailable.

    One key per enrolment: destroying it makes every copy of the template unreadable at once,
    backups included, and takes the secret derived from it along. `binding` is authenticated with
    the ciphertext (AES-GCM associated data), so that a sealed value moved to another row does not
    open. Raises SealBroken where the key is gone or the value is not its own.
    """

    def create_key(self, key_name: str) -> None: ...

    def seal(self, key_name: str, plaintext: bytes | bytearray, *, binding: str) -> str: ...

    def unseal(self, key_name: str, sealed: str, *, binding: str) -> bytearray: ...

    def derive_secret(self, key_name: str) -> bytearray:
        """32 bytes that only this key gives, the same ones each time; for template protection."""

    def destroy_key(self, key_name: str) -> None:
        """Idempotent: a key that is gone already is a success."""


class SecretVault(Protocol):
    """Seals second-factor secrets under one shared key, each bound to its row.

    Raises VaultUnavailable; SealBroken for a value that was tampered with.
    """

    def seal_secret(self, plaintext: bytes, *, binding: str) -> str: ...

    def unseal_secret(self, sealed: str, *, binding: str) -> bytearray: ...


class Signer(Protocol):
    """Signs what binds somebody: JWS, ES256 (RFC 7515, RFC 7518 3.4).

    The key is published before it signs (`UnitOfWork.published_keys`), so a signer may open a unit
    of work of its own: never sign inside of one. Raises VaultUnavailable, StorageUnavailable.
    """

    def prepare(self) -> None:
        """Have a key ready, so that the first signature need not wait for it."""

    def sign(self, claims: Mapping[str, Any], *, typ: str) -> str:
        """A compact JWS with `typ` and `kid` in its header."""


class WebhookSender(Protocol):
    """Events out to addresses that others registered, and that are not trusted."""

    def check(self, url: str) -> None:
        """Raises InvalidRequest for an address that may not be sent to."""

    def send(self, url: str, secret: bytearray, event_id: str, body: str) -> str:
        """One signed attempt (Standard Webhooks 1.0); `http_` and the status, or the word of
        `domain.webhook` for what happened instead. Never raises for what a receiver does."""


class Passwords(Protocol):
    """argon2id. `verify` takes as long for an unknown customer (`phc=None`) as for a known one."""

    def hash(self, password: str) -> str: ...

    def verify(self, phc: str | None, password: str) -> bool: ...


class OneTimeCodes(Protocol):
    """TOTP (RFC 6238), 30 s steps, no drift window."""

    def new_secret(self) -> str:
        """160 random bits, base32."""

    def uri(self, secret: str, *, account: str) -> str:
        """The otpauth URI an authenticator app reads."""

    def qr(self, uri: str) -> str:
        """The same as a QR code (ISO/IEC 18004): an SVG in a data URI."""

    def matching_time_step(self, secret: str, code: str, at: datetime) -> int | None:
        """The time step `code` is right for at `at`, or None. Constant-time comparison."""


class DeviceKeys(Protocol):
    """Signatures of customers' device keys: compact JWS, ES256 (RFC 7515, RFC 7518 3.4)."""

    def verify(self, jws: str, keys: Mapping[str, str], *, typ: str) -> Confirmation | None:
        """What one of `keys` (PEM by keyid) signed as a `typ`; None when none of them did.

        It takes as long when the key is unknown, or when there are no keys at all.
        """


@dataclass(frozen=True, slots=True)
class Span:
    """Values from `first` on, and before `end`; None is no bound."""

    first: Any = None
    end: Any = None


class Repository(Protocol[Entity]):
    """Rows of one kind, as frozen domain values.

    `equals` names fields of the entity; a set stands for any of its members, a Span for all that
    lies in it.
    """

    def add(self, entity: Entity) -> None:
        """Raises AlreadyExists when a unique field is taken."""

    def find(self, **equals: Any) -> Entity | None: ...

    def find_all(
        self,
        *,
        limit: int | None = None,
        after_seq: int | None = None,
        before_seq: int | None = None,
        after_id: str | None = None,
        having: str | None = None,
        newest_by: str | None = None,
        **equals: Any,
    ) -> list[Entity]:
        """In the order of `seq` or `id` where one is given, the newest first with `before_seq`, or
        with the latest in the field `newest_by` first; `having` names a field that is set."""

    def count(self, **equals: Any) -> int:
        """How many rows are as asked for."""

    def lock(self, entity_id: str) -> Entity | None:
        """The row, held against every other writer until this unit of work ends."""

    def update(self, entity: Entity, **expecting: Any) -> None:
        """One conditional UPDATE by id. Raises StaleRow when the row no longer is as expected."""

    def update_all(self, changes: Mapping[str, Any], **equals: Any) -> int:
        """One UPDATE of every row that is as asked for; how many there were."""

    def delete_before(self, field: str, moment: datetime) -> None: ...


class Deliveries(Repository[Entity], Protocol[Entity]):
    """Events on their way to endpoints."""

    def endpoints_due(self, lane: Lane, now: datetime) -> list[str]:
        """The endpoints for which something waits in that lane whose time has come."""

    def due(self, endpoint_id: str, lane: Lane, now: datetime, *, limit: int) -> list[Entity]:
        """What may be sent there now, in order: of each payment the first that waits alone."""

    def tally(self, endpoint_id: str) -> dict[str, int]:
        """How many there are in each state."""


class UnitOfWork(Protocol):
    """One transaction. Leaving the block without `commit` rolls everything back.

    Rows are locked in one order everywhere, so that no two walks can wait for each other:
    operator action, customer, enrolment, intent, capture, webhook endpoint and its deliveries,
    counters and factors, idempotency record, log head.
    Raises StorageUnavailable when the database is away.
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
    published_keys: Repository[PublishedKey]
    idempotency: Repository[IdempotencyRecord]
    nonces: Repository[UsedNonce]
    events: Repository[Event]
    page_sessions: Repository[PageSession]
    endpoints: Repository[Endpoint]
    deliveries: Deliveries[Delivery]
    face_uses: Repository[FaceUse]

    def commit(self) -> None: ...


UnitsOfWork = Callable[[], AbstractContextManager[UnitOfWork]]
