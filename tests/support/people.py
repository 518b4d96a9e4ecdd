"""People and terminals for the tests over HTTP; they act through the reference client only."""

import itertools
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

import pyotp

from facepay.face.model_store import ModelStore
from facepay.face.observe import SentFrame, observe
from facepay.face.pad.evaluate import PadEvaluator
from facepay.face.pad.fusion import Outcome
from facepay.face.pad.thresholds import thresholds
from facepay_client import (
    Capture,
    Challenge,
    Credentials,
    Customer,
    Frame,
    FramesAccepted,
    Intent,
    KeyPair,
    Merchant,
    Operator,
    Published,
    RetryPolicy,
    Terminal,
    Transport,
)
from facepay_rehearsal import bursts, camera
from facepay_rehearsal.renderer.shots import FixedChallenge
from tests.support import renders
from tests.support.clock import TurnableClock
from tests.support.service import RunningService

PASSWORD = "correct horse battery"
STEP = 30  # seconds of a TOTP step
AFTER_THE_BLOCK = 31  # seconds; five wrong guesses block for 30
RECORDING = 6  # seconds that recording a burst takes; they pass at once
TURNS = Challenge("no_light", ("turn_left", "turn_right"))
ONE_TRY = RetryPolicy(attempts=1)
SAME_PERSON = 0.3  # as the shipped calibration has it
_VARIANTS = 6
_orders = itertools.count(1)


def genuine(portrait: str, challenge: Challenge, seed: int) -> tuple[Frame, ...]:
    """Return a genuine burst; it is rendered once for a version of the renderer (renders.py)."""
    return as_frames(_shots(portrait, challenge.steps, challenge.light, seed), challenge)


def _shots(
    portrait: str, steps: tuple[str, ...], light: tuple[str, ...], seed: int
) -> list[bursts.Shot]:
    """Return the first render that passes the liveness check; 3 in 100 rendered payers fail it.

    `make bench-pad` counts those. The tests over HTTP are about everything else.
    """
    judge = partial(_passes, asked=FixedChallenge(steps, light))
    for variant in range(_VARIANTS):
        recipe = portrait, steps, seed + variant * 1000
        if renders.passes(judge, bursts.genuine, *recipe, light=light):
            return renders.rendered(bursts.genuine, *recipe, light=light)
    raise AssertionError(f"{portrait} never passes {steps}")


def _passes(shots: Sequence[bursts.Shot], asked: FixedChallenge) -> bool:
    frames = [SentFrame(shot.jpeg, shot.step, shot.monotonic_ms, shot.colour) for shot in shots]
    seen = observe(frames, mirrored=False)
    try:
        return _evaluator().judge(seen, asked).outcome is Outcome.BONA_FIDE
    finally:
        seen.wipe()


@cache
def _evaluator() -> PadEvaluator:
    return PadEvaluator(ModelStore().embedder(), SAME_PERSON, thresholds())


def as_frames(shots: Sequence[bursts.Shot], challenge: Challenge) -> tuple[Frame, ...]:
    return tuple(camera.as_frames(shots, challenge))


@dataclass
class PointOfSale:
    """A terminal with the key it signs with, and its merchant."""

    id: str
    merchant_id: str
    transport: Transport
    terminal: Terminal
    merchant: Merchant
    merchant_key: KeyPair
    clock: TurnableClock

    def signing_with(self, transport: Transport) -> "PointOfSale":
        """Return the same terminal with another connection or another key."""
        return replace(self, transport=transport, terminal=Terminal(transport))

    def capture(self, intent_id: str, alias: str, profile: str = "standard") -> Capture:
        """Open and begin a capture, and let enough time pass to record its burst."""
        reserved = self.terminal.open_capture(intent_id, alias, profile=profile)
        capture = self.terminal.begin_capture(reserved)
        self.clock.advance(RECORDING)
        return capture

    def intent(self, amount_minor: int = 1999) -> Intent:
        return self.terminal.create_intent(amount_minor, "EUR", f"order {next(_orders)}")


class Payer:
    """A customer with an app: device key, password, one confirmed authenticator, maybe a face."""

    def __init__(self, scenario: "Scenario", alias: str, transport: Transport) -> None:
        self._scenario = scenario
        self.alias = alias
        self.transport = transport
        self.customer = Customer(transport)
        self.enrolment_id = ""
        self.consent_id = ""
        self.factor_id = ""
        self._totp: pyotp.TOTP | None = None

    def confirm_authenticator(self) -> None:
        factor = self.customer.add_second_factor("phone", Credentials(PASSWORD))
        assert factor.secret is not None
        self.factor_id = factor.id
        self._totp = pyotp.TOTP(factor.secret)
        self.customer.confirm_second_factor(factor.id, self.code())

    def add_device(self) -> KeyPair:
        """Add a device key, confirmed by its first signature."""
        device, now = KeyPair.generate(), self._scenario.service.clock.now
        add, confirm = self.customer.add_device_key, self.customer.confirm_device_key
        factor = add("my phone", device.public_jwk, Credentials(PASSWORD, self.code()))
        assert confirm(factor.id, device, now=now().timestamp()).state == "active"
        return device

    def code(self) -> str:
        """Return an unused code at the beginning of its 30 s.

        The service's clock is turned there, so that a busy machine cannot let the code expire.
        """
        assert self._totp is not None
        clock = self._scenario.service.clock
        clock.advance(STEP - int(clock.now().timestamp()) % STEP)
        return self.same_code()

    def same_code(self) -> str:
        """Return the code of this moment, used or not."""
        assert self._totp is not None
        return self._totp.at(self._scenario.service.clock.now())

    def wrong_code(self) -> str:
        """Return six digits that are not the right ones."""
        return f"{(int(self.same_code()) + 1) % 10**6:06d}"

    def consent(self) -> None:
        notice = self._scenario.published.notice()
        self.consent_id = self.customer.grant_consent(notice).id

    def enrol(self, portrait: str, seed: int = 1) -> None:
        self.consent()
        self.enrolment_id = self.customer.begin_enrolment(Credentials(PASSWORD, self.code())).id
        capture = self.capture(self.enrolment_id)
        self.customer.send_frames(capture, genuine(portrait, capture.challenge, seed))

    def capture(self, enrolment_id: str) -> Capture:
        """Open and begin a capture of an enrolment; let enough time pass to record it."""
        capture = self.customer.begin_capture(self.customer.open_enrolment_capture(enrolment_id))
        self._scenario.service.clock.advance(RECORDING)
        return capture


class Scenario:
    """One running service with the people around it."""

    def __init__(self, service: RunningService) -> None:
        self.service = service
        pem = service.log_path.with_name("operator.pem")
        pem.touch(mode=0o600)
        pem.write_bytes(service.operator_key.as_pem(private=True))
        self.operator_transport = self.transport(KeyPair.load(pem))
        self.operator = Operator(self.operator_transport)
        self.published = Published(self.transport(None))

    def transport(self, key: KeyPair | None, retry: RetryPolicy | None = None) -> Transport:
        clock = self.service.clock
        return Transport(
            self.service.url, key, clock=lambda: clock.now().timestamp(), retry=retry or ONE_TRY
        )

    def pos(self, retry: RetryPolicy | None = None) -> PointOfSale:
        merchant_key, terminal_key = KeyPair.generate(), KeyPair.generate()
        merchant_id = self.operator.register_merchant("Corner shop", merchant_key.public_jwk).id
        merchant = Merchant(self.transport(merchant_key))
        terminal_id = merchant.register_terminal("Till 1", terminal_key.public_jwk).id
        transport = self.transport(terminal_key, retry)
        return PointOfSale(
            terminal_id,
            merchant_id,
            transport,
            Terminal(transport),
            merchant,
            merchant_key,
            self.service.clock,
        )

    def newcomer(self) -> Payer:
        """Register a customer with a password, and nothing more."""
        key = KeyPair.generate()
        alias = f"payer {secrets.token_hex(6)}"
        self.operator.register_customer(alias, PASSWORD, key.public_jwk)
        return Payer(self, alias, self.transport(key))

    def payer(self, face: str | None = None) -> Payer:
        payer = self.newcomer()
        payer.confirm_authenticator()
        if face is not None:
            payer.enrol(face)
        return payer

    def show_face(
        self, pos: PointOfSale, intent: Intent, payer: Payer, portrait: str, seed: int = 2
    ) -> FramesAccepted:
        capture = pos.capture(intent.id, payer.alias)
        return pos.terminal.send_frames(capture, genuine(portrait, capture.challenge, seed))
