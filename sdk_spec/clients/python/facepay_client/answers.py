"""Answers of the service as small frozen types; sdk_spec/openapi.yaml describes each.

The readers ignore unknown fields, so that the service can add some, and raise UnreadableAnswer for
a missing one. A repr leaves out what must not end in a log: secrets, nonces, authorizations. Times
are RFC 3339 strings in UTC.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeVar

from facepay_client.errors import UnreadableAnswer

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Registered:
    """A registered merchant, terminal or customer; `keyid` is its key's RFC 7638 thumbprint."""

    id: str
    keyid: str


@dataclass(frozen=True)
class Factor:
    """A second factor. `kind` is totp, device_key or recovery_codes.

    A pending authenticator also has `secret` (base32), `uri` (otpauth) and `qr` (an SVG as a data
    URI). They are None once it is confirmed.
    """

    id: str
    kind: str
    name: str
    state: str
    created_at: str
    secret: str | None = field(default=None, repr=False)
    uri: str | None = field(default=None, repr=False)
    qr: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class WebhookEndpoint:
    """A webhook endpoint and the state of its deliveries.

    `secret` is only in the answer that registered the endpoint: store it. `failing_since` is the
    time of the first failure after the last success. `waiting` events are still to be delivered;
    the service stopped trying to deliver the `given_up` events.
    """

    id: str
    url: str
    state: str
    created_at: str
    disabled_at: str | None
    failing_since: str | None
    waiting: int
    given_up: int
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class RecoveryCodes:
    """Ten recovery codes, to be shown once; `codes` is None in the answer to a retry.

    After a lost answer, make a new set.
    """

    id: str
    codes: tuple[str, ...] | None = field(repr=False)


@dataclass(frozen=True)
class PasswordChanged:
    """The answer to a changed or reset password."""

    changed_at: str


@dataclass(frozen=True)
class FaceUse:
    """One use of the face, failed ones included.

    `flags` name what is unusual about it. `on_hold`: the policy declined the payment for its flags.
    """

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


@dataclass(frozen=True)
class Notice:
    """The text that a customer reads before consenting; `sha256` is over it in UTF-8."""

    version: str
    text: str = field(repr=False)
    sha256: str


@dataclass(frozen=True)
class Consent:
    """A consent to one purpose under one notice; it always expires."""

    id: str
    purpose: str
    notice_version: str
    notice_sha256: str
    granted_at: str
    expires_at: str
    withdrawn_at: str | None


@dataclass(frozen=True)
class Enrolment:
    """One face of a customer. `state` is pending, active, locked or revoked.

    `key_destroyed`: the template's key is destroyed, so no copy of the template can be opened.
    """

    id: str
    state: str
    created_at: str
    revoked_at: str | None
    key_destroyed: bool


@dataclass(frozen=True)
class OperatorAction:
    """An action under dual control. `state` is requested, approved, done or expired.

    `done` of `total` faces are revoked. `keys_left` of them have a key that is not destroyed yet.
    `recovery_codes` are only in the answer to the approval of issue_recovery.
    """

    id: str
    kind: str
    state: str
    target: Mapping[str, str]
    requested_by: str
    expires_at: str
    approved_by: str | None
    total: int
    done: int
    keys_left: int
    recovery_codes: list[str] | None = None


@dataclass(frozen=True)
class ReservedCapture:
    """A capture that is reserved: show the instructions, and begin it before `begin_by`."""

    id: str
    purpose: str
    profile: str
    begin_by: str


@dataclass(frozen=True)
class Challenge:
    """The steps to ask for, in the payer's own left and right, and the colours to show.

    Each colour of `light` is shown for `slot_ms` milliseconds, and the sequence repeats. `light` is
    empty for the profile "no_light".
    """

    profile: str
    steps: tuple[str, ...]
    light: tuple[str, ...] = ()
    slot_ms: int = 440

    def colour_at(self, since_first_ms: int) -> str | None:
        """Return the colour to show, or None for no colour.

        `since_first_ms` is the time after the first frame in milliseconds; the sequence begins a
        quarter of a slot before that frame.
        """
        if not self.light:
            return None
        since_start = since_first_ms + self.slot_ms // 4
        return self.light[since_start // self.slot_ms % len(self.light)]


@dataclass(frozen=True)
class Capture:
    """A capture that has begun: the frames must arrive before `deadline`."""

    id: str
    purpose: str
    nonce: str = field(repr=False)
    challenge: Challenge
    max_frames: int
    deadline: str


@dataclass(frozen=True)
class Intent:
    """A payment. `reason_class` is as much of a refusal as a terminal may know.

    `authorization` is a compact JWS, see `verify_authorization`. `methods` are the ways to pay that
    are still open. Only the customer's own device receives `merchant_name` and `nonce`.
    """

    id: str
    merchant_id: str
    terminal_id: str
    amount_minor: int
    currency: str
    order_ref: str
    state: str
    methods: tuple[str, ...]
    user_action: str
    reason_class: str | None
    authorization: str | None = field(repr=False)
    expires_at: str
    merchant_name: str | None = None
    nonce: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class FramesAccepted:
    """The frames showed one living head, in time. It does not say whose."""

    capture_id: str
    purpose: str
    outcome: str
    enrolment: Enrolment | None
    payment_intent: Intent | None


@dataclass(frozen=True)
class Leaf:
    """One leaf of the audit log; hashes are lower-case hex SHA-256."""

    seq: int
    at: str
    kind: str
    commitment: str
    previous: str
    hash: str


@dataclass(frozen=True)
class ErrorEntry:
    """The entry of one error code in the error registry."""

    code: str
    status: int
    retryable: bool
    user_action: str
    title: str
    meaning: str


def read(kind: type[Answer], body: Mapping[str, Any]) -> Answer:
    """Read `body` as a value of `kind`. Raises UnreadableAnswer when a field is missing."""
    known: dict[str, Any] = {}
    for each in fields(kind):  # type: ignore[arg-type]  # every kind here is a dataclass
        if each.name in body:
            value = body[each.name]
            known[each.name] = tuple(value) if isinstance(value, list) else value
        elif each.default is MISSING:
            raise UnreadableAnswer(f"The answer has no `{each.name}` for {kind.__name__}.")
    return kind(**known)


def read_capture(body: Mapping[str, Any]) -> Capture:
    """Read a begun capture and its challenge. Raises UnreadableAnswer."""
    challenge = body.get("challenge")
    light = challenge.get("light") if isinstance(challenge, dict) else None
    if not isinstance(challenge, dict) or not isinstance(light, dict):
        raise UnreadableAnswer("The answer has no readable `challenge`.")
    shown = {"slot_ms": light.get("slot_ms"), "light": light.get("colours")}
    return read(Capture, {**body, "challenge": read(Challenge, {**challenge, **shown})})


def read_frames_accepted(body: Mapping[str, Any]) -> FramesAccepted:
    """Read the answer to a burst: an enrolment or a payment is in it. Raises UnreadableAnswer."""
    enrolment, intent = body.get("enrolment"), body.get("payment_intent")
    return read(
        FramesAccepted,
        {
            **body,
            "enrolment": read(Enrolment, enrolment) if enrolment else None,
            "payment_intent": read(Intent, intent) if intent else None,
        },
    )
