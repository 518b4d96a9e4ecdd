"""Steps in which Grace needs no keypad of a till: her phone confirms, and paper takes back."""

from facepay_client import Credentials, KeyPair, sign_confirmation
from facepay_rehearsal.demo.actors import ALIAS
from facepay_rehearsal.demo.steps import Walk, told


def device_key_payment_approved(walk: Walk) -> str:
    """Her phone gets a key of its own, looks at what is to be paid, and says yes to just that."""
    actors, clock = walk.actors, walk.clock
    customer, password, phone = actors.customer, actors.payer.password, KeyPair.generate()
    added = customer.add_device_key(
        "phone", phone.public_jwk, Credentials(password, actors.fresh_code())
    )
    customer.confirm_device_key(added.id, phone, now=clock())
    intent = actors.new_intent()
    confirmation = sign_confirmation(phone, customer.get_intent(intent.id), now=clock())
    customer.use_password(intent.id, Credentials(password, confirmation=confirmation))
    paid = actors.terminal.get_intent(intent.id)
    walk.verify(paid)
    return paid.state


def recovery_code_revokes(walk: Walk) -> str:
    """She enrols anew, and loses everything but the paper."""
    actors, customer = walk.actors, walk.actors.customer
    made = customer.make_recovery_codes(Credentials(actors.payer.password, actors.fresh_code()))
    paper = made.codes or ("none",)
    pending = customer.begin_enrolment(Credentials(actors.payer.password, actors.fresh_code()))
    actors.shown_to_own_device(pending)
    revoked = customer.revoke_face(pending.id, Credentials(recovery_code=paper[0]))
    key = "destroyed" if revoked.key_destroyed else "not destroyed"
    at_terminal = told(lambda: actors.terminal.open_capture(actors.new_intent().id, ALIAS))
    again = told(lambda: customer.revoke_face(pending.id, Credentials(recovery_code=paper[0])))
    return f"{revoked.state}, key {key}; {at_terminal}; the code again: {again}"
