"""What use cases say back: flat values that survive JSON, so that an answer can be given again.

Times are RFC 3339 in UTC. No answer holds a score, a threshold, the failing factor or a template.
"""

from dataclasses import dataclass
from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Registered:
    """A merchant, terminal or customer, and the keyid (RFC 7638) its client signs with."""

    id: str
    keyid: str


@dataclass(frozen=True, slots=True)
class FactorAnswer:
    """`secret`, `uri` and its `qr` are filled while the factor is pending, and never stored in an
    answer."""

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
    """`codes` are told once, to the request that made them, and never stored in an answer."""

    id: str
    codes: list[str] | None


@dataclass(frozen=True, slots=True)
class PasswordAnswer:
    changed_at: str


@dataclass(frozen=True, slots=True)
class Done:
    """All that is said of a setting nobody may look at."""

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
    """A capture that was opened; what it will ask is not drawn yet."""

    id: str
    purpose: str
    profile: str
    begin_by: str


@dataclass(frozen=True, slots=True)
class CaptureAnswer:
    """What the SDK needs to record one burst: the challenge, its nonce and its deadline.

    `challenge` has profile, steps, and the light as slot_ms and colours.
    """

    id: str
    purpose: str
    nonce: str
    challenge: dict[str, object]
    max_frames: int
    deadline: str


@dataclass(frozen=True, slots=True)
class EnrolmentAnswer:
    """`key_destroyed` is true once nothing can ever open this template again."""

    id: str
    state: str
    created_at: str
    revoked_at: str | None
    key_destroyed: bool


@dataclass(frozen=True, slots=True)
class StopAnswer:
    """Whatever face there was can pay no longer."""

    stopped_at: str


@dataclass(frozen=True, slots=True)
class OperatorActionAnswer:
    """`done` of `total` faces are revoked; of `keys_left` the key is still to be destroyed."""

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
    """`methods` are the ways still open; `reason_class` is all a terminal hears of a refusal.

    `merchant_name` and `nonce` are for the customer's own device, which confirms this payment.
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
    """The fate of a burst. For a payment the match is not told: the second factor comes first."""

    capture_id: str
    purpose: str
    outcome: str
    enrolment: dict[str, object] | None
    payment_intent: dict[str, object] | None


@dataclass(frozen=True, slots=True)
class EndpointAnswer:
    """`secret` is filled for who registered it, and never stored in an answer."""

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
    """One use of the face, for its owner."""

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
    seq: int
    at: str
    kind: str
    commitment: str
    previous: str
    hash: str
