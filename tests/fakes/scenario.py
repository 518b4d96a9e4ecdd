"""A shop, its terminal and its customers, who act through the real use cases.

Each method is one act of one person, under a fresh idempotency key unless a `command` is given.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from facepay.domain.attestation import Health
from facepay.domain.challenge import Challenge, Colour, Profile
from facepay.domain.confirmation import Claims
from facepay.domain.consent import ConsentPurpose
from facepay.domain.customer import PublicKey, Role
from facepay.domain.manifest import Camera, Facing, FrameRecord, Manifest, SignedManifest
from facepay.domain.money import Money
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.begin_capture import begin_capture
from facepay.usecases.captures.judge import Frames
from facepay.usecases.consents.grant import grant_consent
from facepay.usecases.customers.second_factors import add_second_factor, confirm_second_factor
from facepay.usecases.faces.enrol import begin_enrolment
from facepay.usecases.faces.revoke import revoke_face
from facepay.usecases.open_capture import open_enrolment_capture, open_payment_capture
from facepay.usecases.operators.register import (
    register_customer,
    register_merchant,
    register_operator,
    register_terminal,
)
from facepay.usecases.payments.authorize import submit_second_factor
from facepay.usecases.payments.intents import create_intent, read_intent_to_confirm
from facepay.usecases.payments.pay_by_password import pay_by_password
from facepay.usecases.receive_frames import receive_frames
from facepay.usecases.request import Caller, Command
from facepay.usecases.responses import (
    CaptureAnswer,
    ConsentAnswer,
    EnrolmentAnswer,
    FramesAnswer,
    IntentAnswer,
    ReservedAnswer,
)
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.senses import FakeDeviceKeys, picture, signed_by

FRAMES = 6
PASSWORD = "correct horse battery"
WRONG_CODE = "wrong"


@dataclass
class Customer:
    """A person with an alias and a device of their own, and later a factor and a face."""

    alias: str
    caller: Caller
    secret: str = ""
    consent_id: str = ""
    enrolment_id: str = ""


class Scenario:
    """One merchant with one terminal; `register` and `enrol` add customers."""

    def __init__(self, fakes: FakeDependencies) -> None:
        self.fakes = fakes
        self.deps = fakes.deps
        operator = register_operator(self.deps, key())
        self.operator = Caller(operator.keyid, Role.OPERATOR, operator.id)
        shop = register_merchant(self.deps, self.command(self.operator), "shop", key())
        self.merchant = Caller(shop.keyid, Role.MERCHANT, shop.id)
        terminal = register_terminal(self.deps, self.command(self.merchant), "terminal", key())
        self.terminal = Caller(terminal.keyid, Role.TERMINAL, terminal.id)
        self.customers: dict[str, Customer] = {}

    def command(self, caller: Caller) -> Command:
        """Make a request that nobody has sent before."""
        return Command(caller, secrets.token_hex(8), secrets.token_hex(32), "POST /v1/somewhere")

    # Acts of a customer.

    def register(self, alias: str) -> Customer:
        """Register a customer with a password and a confirmed authenticator, without a face."""
        command = self.command(self.operator)
        registered = register_customer(self.deps, command, alias, PASSWORD, key())
        customer = Customer(alias, Caller(registered.keyid, Role.CUSTOMER, registered.id))
        command = self.command(customer.caller)
        factor = add_second_factor(self.deps, command, "phone", Credentials(password=PASSWORD))
        assert factor.secret is not None
        customer.secret = factor.secret
        command = self.command(customer.caller)
        confirm_second_factor(
            self.deps, command, factor.id, Credentials(code=self.code_of(customer))
        )
        self.customers[alias] = customer
        return customer

    def add_device(self, customer: Customer) -> PublicKey:
        """Add a device key with a code, and confirm it by its signature."""
        device, credentials = key(), Credentials(PASSWORD, self.code_of(customer))
        command = self.command(customer.caller)
        factor = add_second_factor(self.deps, command, "my phone", credentials, device)
        command = self.command(customer.caller)
        confirm_second_factor(self.deps, command, factor.id, self.signs(device, command.claims))
        return device

    def signs(self, device: PublicKey, claims: Claims) -> Credentials:
        """Sign these claims on the device at this moment."""
        signature = FakeDeviceKeys.sign(device.thumbprint, claims, self.fakes.clock.now)
        return Credentials(confirmation=signature)

    def confirms(self, device: PublicKey, intent: IntentAnswer, payer: Customer) -> Credentials:
        """Read the payment as its payer does, and sign it on the device."""
        payment = read_intent_to_confirm(self.deps, payer.caller, intent.id)
        return self.signs(device, claims_of(payment))

    def code_of(self, customer: Customer) -> str:
        """Return an unused code; the clock moves to the next time step for it."""
        self.fakes.clock.advance(30)
        return self.fakes.codes.code(customer.secret, self.fakes.clock.now)

    def consent(self, customer: Customer, expires_at: datetime | None = None) -> ConsentAnswer:
        notice = self.deps.policy.notice
        answer = grant_consent(
            self.deps,
            self.command(customer.caller),
            purpose=ConsentPurpose.FACE_PAYMENT,
            notice_version=notice.version,
            notice_sha256=notice.sha256,
            expires_at=expires_at,
        )
        customer.consent_id = answer.id
        return answer

    def begin(self, customer: Customer) -> EnrolmentAnswer:
        credentials = Credentials(PASSWORD, self.code_of(customer))
        answer = begin_enrolment(self.deps, self.command(customer.caller), credentials)
        customer.enrolment_id = answer.id
        return answer

    def open_enrolment(self, customer: Customer) -> CaptureAnswer:
        """Open and begin a capture for an enrolment."""
        command, profile = self.command(customer.caller), Profile.STANDARD
        reserved = open_enrolment_capture(self.deps, command, customer.enrolment_id, profile)
        return begin_capture(self.deps, self.command(customer.caller), reserved.id)

    def enrol(self, alias: str) -> Customer:
        """Register a customer who can pay by face from here on."""
        customer = self.register(alias)
        self.consent(customer)
        self.begin(customer)
        self.send(customer.caller, self.open_enrolment(customer), alias)
        return customer

    def revoke(
        self,
        customer: Customer,
        credentials: Credentials | None = None,
        command: Command | None = None,
    ) -> EnrolmentAnswer:
        command = command or self.command(customer.caller)
        return revoke_face(
            self.deps, command, customer.enrolment_id, credentials or Credentials(password=PASSWORD)
        )

    # Acts at the terminal.

    def intent(self) -> IntentAnswer:
        return create_intent(self.deps, self.command(self.terminal), Money(1250, "EUR"), "order-1")

    def reserve(
        self, intent: IntentAnswer, payer: str, profile: Profile = Profile.STANDARD
    ) -> ReservedAnswer:
        command = self.command(self.terminal)
        return open_payment_capture(self.deps, command, intent.id, payer, profile)

    def open_payment(
        self, intent: IntentAnswer, payer: str, profile: Profile = Profile.STANDARD
    ) -> CaptureAnswer:
        """Open and begin a capture for a payment."""
        reserved = self.reserve(intent, payer, profile)
        return begin_capture(self.deps, self.command(self.terminal), reserved.id)

    def send(
        self, caller: Caller, capture: CaptureAnswer, person: str, command: Command | None = None
    ) -> FramesAnswer:
        """Send a burst of `person` for the capture."""
        images = [picture(person, number) for number in range(FRAMES)]
        manifest = manifest_for(capture, images)
        return self.send_manifest(caller, manifest, images, command)

    def send_manifest(
        self,
        caller: Caller,
        manifest: Manifest,
        images: list[bytes],
        command: Command | None = None,
        *,
        kid: str = "",
        signer: str = "",
    ) -> FramesAnswer:
        """Send a manifest signed by the caller's key, unless `signer` or `kid` names another."""
        jws = signed_by(signer or caller.keyid)
        signed = SignedManifest(jws, kid or caller.keyid, manifest)
        frames = Frames(manifest.capture_id, signed, images)
        return receive_frames(self.deps, command or self.command(caller), frames)

    def show_face(self, customer: Customer, person: str | None = None) -> IntentAnswer:
        """Create an intent, open its capture, and send a burst of the payer or of `person`."""
        intent = self.intent()
        self.send(
            self.terminal, self.open_payment(intent, customer.alias), person or customer.alias
        )
        return intent

    def enter_code(
        self, intent: IntentAnswer, code: str, command: Command | None = None
    ) -> IntentAnswer:
        return self.show_second_factor(intent, Credentials(code=code), command)

    def show_second_factor(
        self, intent: IntentAnswer, credentials: Credentials, command: Command | None = None
    ) -> IntentAnswer:
        """Send the second factor of a face payment, by the terminal unless `command` is given."""
        command = command or self.command(self.terminal)
        return submit_second_factor(self.deps, command, intent.id, credentials)

    def pay_by_password(
        self,
        intent: IntentAnswer,
        alias: str,
        credentials: Credentials,
        command: Command | None = None,
    ) -> IntentAnswer:
        command = command or self.command(self.terminal)
        return pay_by_password(self.deps, command, intent.id, alias, credentials)


def manifest_for(capture: CaptureAnswer, images: list[bytes]) -> Manifest:
    """Write a manifest as an honest device does: the hold first, then the steps in order."""
    shown: Any = capture.challenge
    steps, light = tuple(shown["steps"]), tuple(shown["light"]["colours"])
    challenge = Challenge(Profile(shown["profile"]), steps, tuple(map(Colour, light)))
    last = len(steps)
    records: list[FrameRecord] = []
    for index, image in enumerate(images):
        record = FrameRecord(
            index=index,
            sha256=hashlib.sha256(image).hexdigest(),
            monotonic_ms=5000 + 220 * index,
            step=min(index * (last + 1) // len(images), last),
            colour=challenge.colour_at(220 * index),
            previous=records[-1].digest() if records else "",
        )
        records.append(record)
    return Manifest(
        capture_id=capture.id,
        nonce=capture.nonce,
        sdk_version="test/1",
        mirrored=False,
        camera=Camera("camera", Facing.FRONT),
        width=640,
        height=480,
        exposure_locked=True,
        health=Health(None, None, None),
        attestation=None,
        frames=tuple(records),
    )


def claims_of(payment: IntentAnswer) -> dict[str, str | int]:
    """Return the claims that a customer's device signs for a payment (sdk_spec/protocol.md)."""
    return {
        "payment_intent": payment.id,
        "merchant": payment.merchant_id,
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "nonce": payment.nonce or "",
    }


def key() -> PublicKey:
    return PublicKey(secrets.token_hex(16), "a public key, never read here")
