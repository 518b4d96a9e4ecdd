"""What the service answers, as small frozen types; sdk_spec/openapi.yaml describes each.

Fields the service adds later are ignored; a missing one is an UnreadableAnswer. What must not end
in a log (secrets, nonces, authorizations) is left out of every repr.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeVar

from facepay_client.errors import UnreadableAnswer

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Registered:
    """A merchant, terminal or customer, and the name of the key it signs with."""

    id: str
    keyid: str


@dataclass(frozen=True)
class Factor:
    """`secret` (base32), `uri` (otpauth) and `qr` (an SVG as a data URI) of a one-time code are
    there until it is confirmed."""

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
    """`secret` is in the answer that registered it: keep it, it is not shown again.

    `failing_since`: since when nothing got through; `given_up`: what will not be tried any more.
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
    """Show them once, to be written down; None in a repetition: a lost answer means a new set."""

    id: str
    codes: tuple[str, ...] | None = field(repr=False)


@dataclass(frozen=True)
class PasswordChanged:
    """`changed_at` is RFC 3339."""

    changed_at: str


@dataclass(frozen=True)
class FaceUse:
    """One use of the face. `flags` say what is unusual; `on_hold`: declined because of them."""

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
    """What a customer reads before consenting; `sha256` is over the text in UTF-8."""

    version: str
    text: str = field(repr=False)
    sha256: str


@dataclass(frozen=True)
class Consent:
    id: str
    purpose: str
    notice_version: str
    notice_sha256: str
    granted_at: str
    expires_at: str
    withdrawn_at: str | None


@dataclass(frozen=True)
class Enrolment:
    """`key_destroyed`: nothing can open the template any more."""

    id: str
    state: str
    created_at: str
    revoked_at: str | None
    key_destroyed: bool


@dataclass(frozen=True)
class OperatorAction:
    """What operators do under dual control: asked, approved, done or expired.

    `done` of `total` faces are revoked; of `keys_left` the key is still to be destroyed.
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
    """Show the instructions, then begin it: before `begin_by`, RFC 3339."""

    id: str
    purpose: str
    profile: str
    begin_by: str


@dataclass(frozen=True)
class Challenge:
    """What to ask for, in the payer's own left and right, and the colours to show meanwhile."""

    profile: str
    steps: tuple[str, ...]
    light: tuple[str, ...] = ()
    slot_ms: int = 440

    def colour_at(self, since_first_ms: int) -> str | None:
        """What to show this many milliseconds after the first frame; None: no colour.

        The light begins a quarter of a slot before it.
        """
        if not self.light:
            return None
        since_start = since_first_ms + self.slot_ms // 4
        return self.light[since_start // self.slot_ms % len(self.light)]


@dataclass(frozen=True)
class Capture:
    id: str
    purpose: str
    nonce: str = field(repr=False)
    challenge: Challenge
    max_frames: int
    deadline: str


@dataclass(frozen=True)
class Intent:
    """`reason_class` says of a refusal as much as a terminal may know.

    `merchant_name` and `nonce` are there for the customer's own device, which confirms it.
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
    """A living head, in time, one face. It does not say whose."""

    capture_id: str
    purpose: str
    outcome: str
    enrolment: Enrolment | None
    payment_intent: Intent | None


@dataclass(frozen=True)
class Leaf:
    """One entry of the log; hashes are lower-case hex SHA-256."""

    seq: int
    at: str
    kind: str
    commitment: str
    previous: str
    hash: str


@dataclass(frozen=True)
class ErrorEntry:
    """What the registry says of one error code."""

    code: str
    status: int
    retryable: bool
    user_action: str
    title: str
    meaning: str


def read(kind: type[Answer], body: Mapping[str, Any]) -> Answer:
    """`body` as a `kind`. Raises UnreadableAnswer when a field is missing."""
    known: dict[str, Any] = {}
    for each in fields(kind):  # type: ignore[arg-type]  # every kind here is a dataclass
        if each.name in body:
            value = body[each.name]
            known[each.name] = tuple(value) if isinstance(value, list) else value
        elif each.default is MISSING:
            raise UnreadableAnswer(f"{kind.__name__} without `{each.name}`")
    return kind(**known)


def read_capture(body: Mapping[str, Any]) -> Capture:
    """Raises UnreadableAnswer."""
    challenge = body.get("challenge")
    light = challenge.get("light") if isinstance(challenge, dict) else None
    if not isinstance(challenge, dict) or not isinstance(light, dict):
        raise UnreadableAnswer("Capture without a readable `challenge`")
    told = {"slot_ms": light.get("slot_ms"), "light": light.get("colours")}
    return read(Capture, {**body, "challenge": read(Challenge, {**challenge, **told})})


def read_frames_accepted(body: Mapping[str, Any]) -> FramesAccepted:
    """Raises UnreadableAnswer."""
    enrolment, intent = body.get("enrolment"), body.get("payment_intent")
    return read(
        FramesAccepted,
        {
            **body,
            "enrolment": read(Enrolment, enrolment) if enrolment else None,
            "payment_intent": read(Intent, intent) if intent else None,
        },
    )
