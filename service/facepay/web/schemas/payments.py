"""Schemas of payment intents; an answer never names the factor that failed."""

from typing import Any

from marshmallow import fields, post_load, validate

from facepay.domain.money import MAX_MINOR_UNITS
from facepay.usecases.authentication.credentials import Credentials
from facepay.web.schemas.faces import Enrolment
from facepay.web.schemas.fields import Shape, StrictInteger, Text, password
from facepay.web.schemas.parties import SecondFactorShape


class NewIntent(Shape):
    amount_minor = StrictInteger(required=True, minimum=1, maximum=MAX_MINOR_UNITS)
    currency = fields.String(
        required=True,
        validate=validate.Regexp(
            r"[A-Z]{3}\Z", error="Send three capital letters, such as EUR (ISO 4217)."
        ),
    )
    order_ref = Text(required=True, max_length=100)


class PasswordPayment(SecondFactorShape):
    """A payment by password. A terminal sends `payer`; a customer's device pays for its owner."""

    payer = Text(max_length=100, load_default=None)
    password = password(required=True)

    @post_load
    def to_credentials(self, members: dict[str, Any], **_: Any) -> dict[str, Any]:
        payer = members.pop("payer")
        return {"payer": payer, "credentials": Credentials(**members)}


class Intent(Shape):
    """A payment intent. `methods` are the ways to pay that are still open.

    The password is in every list of methods that is not empty. Only the customer's own device
    gets `merchant_name` and `nonce`.
    """

    id = fields.String(required=True)
    merchant_id = fields.String(required=True)
    terminal_id = fields.String(required=True)
    amount_minor = fields.Integer(required=True)
    currency = fields.String(required=True)
    order_ref = fields.String(required=True)
    state = fields.String(required=True)
    methods = fields.List(fields.String(), required=True)
    user_action = fields.String(required=True)
    reason_class = fields.String(allow_none=True, required=True)
    authorization = fields.String(
        allow_none=True,
        required=True,
        metadata={"description": "A compact JWS (ES256). See 'Authorizations' in protocol.md."},
    )
    expires_at = fields.String(required=True)
    merchant_name = fields.String(allow_none=True)
    nonce = fields.String(
        allow_none=True, metadata={"description": "Only for the customer's device, which signs it."}
    )


class FramesAccepted(Shape):
    """The answer to a capture that showed one living face in time; it does not say whose."""

    capture_id = fields.String(required=True)
    purpose = fields.String(required=True)
    outcome = fields.String(required=True)
    enrolment = fields.Nested(Enrolment, allow_none=True)
    payment_intent = fields.Nested(Intent, allow_none=True)
