"""A shop, its till and its customers, who do what people do through the real use cases.

Each method is one act of one person, under a fresh idempotency key unless a `change` is given.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from facepay.domain.attestation import Health
from facepay.domain.challenge import Challenge, Colour, Profile
from facepay.domain.confirmation import Claims
from facepay.domain.consent import ConsentPurpose
from facepay.domain.customer import PublicKey, Role
from facepay.domain.manifest import Camera, Facing, FrameRecord, Manifest, SignedManifest
from facepay.domain.money import Money
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.captures.begin import begin_capture
from facepay.usecases.captures.judge import Frames
from facepay.usecases.captures.open import open_enrolment_capture, open_payment_capture
from facepay.usecases.consents.grant import grant_consent
from facepay.usecases.customers.second_factors import add_second_factor, confirm_second_factor
from facepay.usecases.faces.enrol import begin_enrolment
from facepay.usecases.faces.revoke import revoke_face
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
    """Somebody with an alias, a device of their own, and in time a factor and a face."""

    alias: str
    caller: Caller
    secret: str = ""
    consent_id: str = ""
    enrolment_id: str = ""


class Scenario:
    """One merchant with one till; customers come by `settle_in` or `enrol`."""

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
        """A request nobody has sent before."""
        return Command(caller, secrets.token_hex(8), secrets.token_hex(32), "POST /v1/somewhere")

    # What a customer does.

    def settle_in(self, alias: str) -> Customer:
        """Registered, with a password and a confirmed one-time-code factor; no face."""
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
        """A device key of the customer's, added with a code and confirmed by its signature."""
        device, credentials = key(), Credentials(PASSWORD, self.code_of(customer))
        command = self.command(customer.caller)
        factor = add_second_factor(self.deps, command, "my phone", credentials, device)
        command = self.command(customer.caller)
        confirm_second_factor(self.deps, command, factor.id, self.signs(device, command.claims))
        return device

    def signs(self, device: PublicKey, claims: Claims) -> Credentials:
        """What the device says yes to, at this moment."""
        signature = FakeDeviceKeys.sign(device.thumbprint, claims, self.fakes.clock.now)
        return Credentials(confirmation=signature)

    def confirms(self, device: PublicKey, intent: IntentAnswer, payer: Customer) -> Credentials:
        """The payer looks at what is to be paid, and says yes to just that."""
        told = read_intent_to_confirm(self.deps, payer.caller, intent.id)
        return self.signs(device, claims_of(told))

    def code_of(self, customer: Customer) -> str:
        """A code that was not used yet: the clock moves to the next step for it."""
        self.fakes.clock.advance(30)
        return self.fakes.codes.code(customer.secret, self.fakes.clock.now)

    def consent(self, customer: Customer) -> ConsentAnswer:
        notice = self.deps.policy.notice
        answer = grant_consent(
            self.deps,
            self.command(customer.caller),
            purpose=ConsentPurpose.FACE_PAYMENT,
            notice_version=notice.version,
            notice_sha256=notice.sha256,
            expires_at=None,
        )
        customer.consent_id = answer.id
        return answer

    def begin(self, customer: Customer) -> EnrolmentAnswer:
        credentials = Credentials(PASSWORD, self.code_of(customer))
        answer = begin_enrolment(self.deps, self.command(customer.caller), credentials)
        customer.enrolment_id = answer.id
        return answer

    def open_enrolment(self, customer: Customer) -> CaptureAnswer:
        """A capture that was opened and begun."""
        command, profile = self.command(customer.caller), Profile.STANDARD
        reserved = open_enrolment_capture(self.deps, command, customer.enrolment_id, profile)
        return begin_capture(self.deps, self.command(customer.caller), reserved.id)

    def enrol(self, alias: str) -> Customer:
        """Somebody who can pay by face from here on."""
        customer = self.settle_in(alias)
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

    # What happens at the till.

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
        """A capture that was opened and begun."""
        reserved = self.reserve(intent, payer, profile)
        return begin_capture(self.deps, self.command(self.terminal), reserved.id)

    def send(
        self, caller: Caller, capture: CaptureAnswer, person: str, command: Command | None = None
    ) -> FramesAnswer:
        """A burst of `person` for the capture."""
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
        """Signed by the caller's own key, unless somebody else is named."""
        jws = signed_by(signer or caller.keyid)
        signed = SignedManifest(jws, kid or caller.keyid, manifest)
        frames = Frames(manifest.capture_id, signed, images)
        return receive_frames(self.deps, command or self.command(caller), frames)

    def show_face(self, customer: Customer, person: str | None = None) -> IntentAnswer:
        """An intent, its capture, and a burst of the payer, or of somebody else."""
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
        """The second factor of a face payment, at the terminal unless `command` says otherwise."""
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
    """As an honest device writes it: the hold first, then the steps in order."""
    told: Any = capture.challenge
    steps, light = tuple(told["steps"]), tuple(told["light"]["colours"])
    challenge = Challenge(Profile(told["profile"]), steps, tuple(map(Colour, light)))
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


def claims_of(told: IntentAnswer) -> dict[str, str | int]:
    """What a customer's device signs of a payment (sdk_spec/protocol.md)."""
    return {
        "payment_intent": told.id,
        "merchant": told.merchant_id,
        "amount_minor": told.amount_minor,
        "currency": told.currency,
        "nonce": told.nonce or "",
    }


def key() -> PublicKey:
    return PublicKey(secrets.token_hex(16), "a public key, never read here")
