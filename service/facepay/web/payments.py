"""Payment intents: open one, pay it by face or password, reverse it."""

from typing import Any

from flask_smorest import Blueprint

from facepay.domain.customer import Role
from facepay.domain.money import Money
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.open_capture import open_payment_capture
from facepay.usecases.payments.authorize import submit_second_factor
from facepay.usecases.payments.intents import (
    choose_alternative,
    create_intent,
    read_intent,
    read_intent_to_confirm,
    reverse_payment,
)
from facepay.usecases.payments.pay_by_password import pay_by_password
from facepay.usecases.responses import IntentAnswer, ReservedAnswer
from facepay.web.access import caller, command, deps, signed_by
from facepay.web.schemas import payments as shapes
from facepay.web.schemas.faces import PayerClaim, ReservedCapture
from facepay.web.schemas.parties import SecondFactorShape

payments = Blueprint("payments", __name__, url_prefix="/v1/payment_intents", description=__doc__)


@payments.post("")
@payments.arguments(shapes.NewIntent)
@payments.response(201, shapes.Intent)
@signed_by(Role.TERMINAL)
def open_intent(new: dict[str, Any]) -> IntentAnswer:
    """Open a payment intent with an amount, a currency and an order reference."""
    money = Money(new["amount_minor"], new["currency"])
    return create_intent(deps(), command(), money, new["order_ref"])


@payments.get("/<id:intent_id>")
@payments.response(200, shapes.Intent)
@signed_by(Role.TERMINAL, Role.MERCHANT, Role.CUSTOMER)
def get_intent(intent_id: str) -> IntentAnswer:
    """Read a payment intent: its outcome or, for a customer's device, the payment to confirm."""
    read = read_intent_to_confirm if caller().role is Role.CUSTOMER else read_intent
    return read(deps(), caller(), intent_id)


@payments.post("/<id:intent_id>/captures")
@payments.arguments(PayerClaim)
@payments.response(201, ReservedCapture)
@signed_by(Role.TERMINAL)
def create_capture(claim: dict[str, Any], intent_id: str) -> ReservedAnswer:
    """Open a capture of the payer's face; begin it within 5 minutes."""
    payer, profile = claim["payer"], claim["profile"]
    return open_payment_capture(deps(), command(), intent_id, payer, profile)


@payments.post("/<id:intent_id>/second_factor")
@payments.arguments(SecondFactorShape)
@payments.response(200, shapes.Intent)
@signed_by(Role.TERMINAL, Role.CUSTOMER)
def send_second_factor(credentials: Credentials, intent_id: str) -> IntentAnswer:
    """Send the payer's second factor; the payment is authorized and signed, or declined."""
    return submit_second_factor(deps(), command(), intent_id, credentials)


@payments.post("/<id:intent_id>/use_password")
@payments.arguments(shapes.PasswordPayment)
@payments.response(200, shapes.Intent)
@signed_by(Role.TERMINAL, Role.CUSTOMER)
def use_password(sent: dict[str, Any], intent_id: str) -> IntentAnswer:
    """Pay by password and second factor, whatever the state of the face."""
    return pay_by_password(deps(), command(), intent_id, sent["payer"], sent["credentials"])


@payments.post("/<id:intent_id>/choose_alternative")
@payments.response(200, shapes.Intent)
@signed_by(Role.TERMINAL)
def record_alternative(intent_id: str) -> IntentAnswer:
    """Record that the payer chose another way to pay; this does not count as a failure."""
    return choose_alternative(deps(), command(), intent_id)


@payments.post("/<id:intent_id>/reverse")
@payments.response(200, shapes.Intent)
@signed_by(Role.TERMINAL, Role.MERCHANT)
def reverse(intent_id: str) -> IntentAnswer:
    """Reverse an approved payment; safe to repeat."""
    return reverse_payment(deps(), command(), intent_id)
