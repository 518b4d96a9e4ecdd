"""Pay with a device key, and revoke a face with a recovery code."""

from facepay_client import Credentials, KeyPair, sign_confirmation
from facepay_rehearsal.demo.actors import ALIAS
from facepay_rehearsal.demo.steps import DemoRun, refusal_of


def device_key_payment_approved(run: DemoRun) -> str:
    """Add a key of Grace's phone as a second factor; confirm one payment with it."""
    actors, clock = run.actors, run.clock
    customer, phone = actors.customer, KeyPair.generate()
    added = customer.add_device_key("phone", phone.public_jwk, actors.password_and_code())
    customer.confirm_device_key(added.id, phone, now=clock())
    intent = actors.new_intent()
    confirmation = sign_confirmation(phone, customer.get_intent(intent.id), now=clock())
    credentials = Credentials(actors.payer.password, confirmation=confirmation)
    customer.use_password(intent.id, credentials)
    paid = actors.terminal.get_intent(intent.id)
    run.verify(paid)
    return paid.state


def recovery_code_revokes(run: DemoRun) -> str:
    """Enrol Grace's face again, revoke it with a recovery code, and use that code again."""
    actors, customer = run.actors, run.actors.customer
    made = customer.make_recovery_codes(actors.password_and_code())
    on_paper = Credentials(recovery_code=(made.codes or ("none",))[0])
    pending = customer.begin_enrolment(actors.password_and_code())
    actors.capture_with_phone(pending)
    revoked = customer.revoke_face(pending.id, on_paper)
    key = "destroyed" if revoked.key_destroyed else "not destroyed"
    at_terminal = refusal_of(lambda: actors.terminal.open_capture(actors.new_intent().id, ALIAS))
    again = refusal_of(lambda: customer.revoke_face(pending.id, on_paper))
    return f"{revoked.state}, key {key}; {at_terminal}; the code again: {again}"
