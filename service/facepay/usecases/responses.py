"""Answers of use cases: flat values that JSON can store, so that an answer can be repeated.

Times are RFC 3339 in UTC. No answer contains a score, a threshold, the failing factor or a
template.
"""

from dataclasses import dataclass
from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """Return RFC 3339 in UTC, with seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Registered:
    """A registered party, and the keyid (RFC 7638 thumbprint) of its client."""

    id: str
    keyid: str


@dataclass(frozen=True, slots=True)
class DeviceAnswer:
    """A customer's device; `name` is None for the one that the operator registered."""

    keyid: str
    name: str | None
    created_at: str
    withdrawn_at: str | None


@dataclass(frozen=True, slots=True)
class TerminalAnswer:
    """A terminal of a merchant; `keyids` are its keys in force, none once they are withdrawn."""

    id: str
    name: str
    city: str | None
    created_at: str
    suspended: bool
    keyids: list[str]


@dataclass(frozen=True, slots=True)
class SuspensionAnswer:
    """A suspension by one operator; `id` is the terminal's or the merchant's."""

    id: str
    suspended_at: str
    suspended_until: str


@dataclass(frozen=True, slots=True)
class FactorAnswer:
    """A second factor.

    `secret`, `uri` and `qr` are set only while the factor is pending, and never stored.
    """

    id: str
    kind: str
    name: str
    state: str
    created_at: str
    secret: str | None = None
    uri: str | None = None
    qr: str | None = None


@dataclass(frozen=True, slots=True)
class RecoveryCodesAnswer:
    """A set of recovery codes; only the first answer has `codes`, and they are never stored."""

    id: str
    codes: list[str] | None


@dataclass(frozen=True, slots=True)
class PasswordAnswer:
    changed_at: str


@dataclass(frozen=True, slots=True)
class Done:
    """The answer about a setting that nobody can read."""

    status: str = "done"


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    id: str
    purpose: str
    notice_version: str
    notice_sha256: str
    granted_at: str
    expires_at: str
    withdrawn_at: str | None


@dataclass(frozen=True, slots=True)
class ReservedAnswer:
    """An opened capture whose challenge is not drawn yet."""

    id: str
    purpose: str
    profile: str
    begin_by: str


@dataclass(frozen=True, slots=True)
class CaptureAnswer:
    """The data for recording one burst: the challenge, its nonce and its deadline.

    `challenge` has profile, steps, and light with slot_ms and colours.
    """

    id: str
    purpose: str
    nonce: str
    challenge: dict[str, object]
    max_frames: int
    deadline: str


@dataclass(frozen=True, slots=True)
class EnrolmentAnswer:
    """An enrolment; `key_destroyed` means that nothing can ever open its template again."""

    id: str
    state: str
    created_at: str
    revoked_at: str | None
    key_destroyed: bool


@dataclass(frozen=True, slots=True)
class StopAnswer:
    """The customer's faces are revoked; the answer does not say whether there was one."""

    stopped_at: str


@dataclass(frozen=True, slots=True)
class OperatorActionAnswer:
    """An operator action.

    `done` of `total` faces are processed; `keys_left` of the revoked faces still have a key.
    `recovery_codes` is set only in the first answer to the approval, and never stored.
    """

    id: str
    kind: str
    state: str
    target: dict[str, str]
    requested_by: str
    requested_at: str
    expires_at: str
    approved_by: str | None
    approved_at: str | None
    done_at: str | None
    total: int
    done: int
    keys_left: int
    recovery_codes: list[str] | None = None


@dataclass(frozen=True, slots=True)
class IntentAnswer:
    """A payment intent.

    `methods` are the methods still open. `reason_class` is all that a terminal learns about a
    refusal. `merchant_name` and `nonce` are for the customer's device, which confirms the payment.
    """

    id: str
    merchant_id: str
    terminal_id: str
    amount_minor: int
    currency: str
    order_ref: str
    state: str
    methods: list[str]
    user_action: str
    reason_class: str | None
    authorization: str | None
    expires_at: str
    merchant_name: str | None = None
    nonce: str | None = None


@dataclass(frozen=True, slots=True)
class FramesAnswer:
    """The outcome of a burst; for a payment it does not show whether the face matched."""

    capture_id: str
    purpose: str
    outcome: str
    enrolment: dict[str, object] | None
    payment_intent: dict[str, object] | None


@dataclass(frozen=True, slots=True)
class EndpointAnswer:
    """A webhook endpoint.

    `waiting` and `given_up` count deliveries. `secret` is set only after the registration, for ten
    minutes, and never stored in an answer.
    """

    id: str
    url: str
    state: str
    created_at: str
    disabled_at: str | None
    failing_since: str | None
    waiting: int
    given_up: int
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class FaceUseAnswer:
    """One face use, for its owner."""

    id: str
    at: str
    payment_intent: str
    merchant: str
    terminal: str
    city: str | None
    amount_minor: int
    currency: str
    outcome: str
    flags: list[str]
    on_hold: bool


@dataclass(frozen=True, slots=True)
class LeafAnswer:
    """One leaf of the audit log; hashes are lower-case hex SHA-256."""

    seq: int
    at: str
    kind: str
    commitment: str
    previous: str
    hash: str
