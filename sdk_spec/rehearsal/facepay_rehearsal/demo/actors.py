"""The actors of the demo: an operator, a merchant with a terminal, and Grace with her phone.

Each has a key of its own and uses the service through the reference client alone. Passwords and
the TOTP secret exist only in the memory of the demo.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

import pyotp

from facepay_client import (
    Capture,
    Credentials,
    Customer,
    Enrolment,
    Frame,
    FramesAccepted,
    Intent,
    KeyPair,
    Merchant,
    Operator,
    Problem,
    Published,
    Terminal,
    Transport,
)
from facepay_rehearsal.camera import GENUINE, Camera
from facepay_rehearsal.demo.environment import Environment, loopback_session

TOTP_STEP = 30  # seconds
CAPTURES = 3  # that a payment and an enrolment allow
ALIAS = "grace@rehearsal.example"
_RETRY_ATTACK = frozenset({"capture_retry"})
# Liveness also refuses 3 of 100 rendered bona fide payers. Such a payer opens a new capture.
_RETRY_BONA_FIDE = _RETRY_ATTACK | {"capture_refused"}


@dataclass
class Payer:
    """Grace: her password, the secret of her authenticator, and her enrolment."""

    password: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)
    secret: str = field(default="", repr=False)
    enrolment: Enrolment | None = None


class Actors:
    """The clients of all actors, and what several steps do with them."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._terminal_key = KeyPair.generate()
        self.camera = Camera()
        self.payer = Payer()
        self.merchant_id = ""
        self._orders = 0

    def transport(self, key: KeyPair | None = None) -> Transport:
        """Return a transport to the service with the demo's clock and without a proxy."""
        clock, session = self._environment.clock, loopback_session()
        return Transport(self._environment.url, key, clock=clock, session=session)

    @property
    def terminal_transport(self) -> Transport:
        """A transport that signs with the terminal's key."""
        return self.transport(self._terminal_key)

    def register_all(self) -> Customer:
        """Register the merchant, its terminal and Grace; return the client of her phone."""
        operator = Operator(self.transport(self._environment.operator_key))
        merchant_key, device_key = KeyPair.generate(), KeyPair.generate()
        merchant = operator.register_merchant("Rehearsal Bakery", merchant_key.public_jwk)
        self.merchant_id = merchant.id
        self.merchant = Merchant(self.transport(merchant_key))
        self.merchant.register_terminal("Terminal 1", self._terminal_key.public_jwk)
        operator.register_customer(ALIAS, self.payer.password, device_key.public_jwk)
        self.published = Published(self.transport())
        self.terminal = Terminal(self.terminal_transport)
        self.customer = Customer(self.transport(device_key))
        return self.customer

    def fresh_code(self) -> str:
        """Move the clock to the next 30 s, and return the one-time code, which is unused."""
        self._environment.clock.forward_to_next(TOTP_STEP)
        return pyotp.TOTP(self.payer.secret).at(int(self._environment.clock()))

    def password_and_code(self) -> Credentials:
        """Return Grace's password and a fresh one-time code."""
        return Credentials(self.payer.password, self.fresh_code())

    def new_intent(self, amount_minor: int = 1250) -> Intent:
        """Open a payment with an order reference of its own."""
        return self.terminal.create_intent(amount_minor, "EUR", self.next_order())

    def next_order(self) -> str:
        """Return a fresh order reference."""
        self._orders += 1
        return f"order-{self._orders}"

    def record(self, kind: str, portrait: str, capture: Capture) -> list[Frame]:
        """Render a burst for this capture; move the clock by its duration instead of waiting."""
        frames = self.camera.take(kind, portrait, capture.challenge)
        span = frames[-1].monotonic_ms - frames[0].monotonic_ms
        self._environment.clock.forward(span // 1000 + 1)
        return frames

    def capture_at_terminal(self, intent: Intent, kind: str, portrait: str) -> FramesAccepted:
        """Present a face or an attack at the terminal, with Grace's alias. Raises Problem."""

        def attempt() -> FramesAccepted:
            capture = self.terminal.begin_capture(self.terminal.open_capture(intent.id, ALIAS))
            frames = self.record(kind, portrait, capture)
            return self.terminal.send_frames(capture, frames)

        return _retry(attempt, _RETRY_BONA_FIDE if kind == GENUINE else _RETRY_ATTACK)

    def capture_with_phone(self, enrolment: Enrolment) -> FramesAccepted:
        """Present Grace's face to her phone, to finish an enrolment. Raises Problem."""

        def attempt() -> FramesAccepted:
            reserved = self.customer.open_enrolment_capture(enrolment.id)
            capture = self.customer.begin_capture(reserved)
            frames = self.record(GENUINE, "grace", capture)
            return self.customer.send_frames(capture, frames)

        return _retry(attempt, _RETRY_BONA_FIDE)

    def pay_until_code(self, kind: str = GENUINE, portrait: str = "grace") -> Intent:
        """Open a payment and present a face or an attack; the payment then needs its code."""
        intent = self.new_intent()
        self.capture_at_terminal(intent, kind, portrait)
        return intent


def _retry(attempt: Callable[[], FramesAccepted], codes: frozenset[str]) -> FramesAccepted:
    """Open another capture after a refusal with one of `codes`, as an SDK does."""
    for _ in range(CAPTURES - 1):
        try:
            return attempt()
        except Problem as problem:
            if problem.code not in codes:
                raise
    return attempt()
