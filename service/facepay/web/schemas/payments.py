"""Payment intents, and what may be said about them."""

from typing import Any

from marshmallow import fields, post_load, validate

from facepay.domain.money import MAX_MINOR_UNITS
from facepay.usecases.authentication.credentials import Credentials
from facepay.web.schemas.faces import Enrolment
from facepay.web.schemas.fields import Shape, Text, Whole, password
from facepay.web.schemas.parties import SecondFactorShape


class NewIntent(Shape):
    amount_minor = Whole(required=True, least=1, most=MAX_MINOR_UNITS)
    currency = fields.String(
        required=True, validate=validate.Regexp(r"[A-Z]{3}\Z", error="Three capital letters.")
    )
    order_ref = Text(required=True, longest=100)


class PasswordPayment(SecondFactorShape):
    """The fallback that is always there. `payer` is for tills: a device pays for its owner."""

    payer = Text(longest=100, load_default=None)
    password = password(required=True)

    @post_load
    def to_credentials(self, members: dict[str, Any], **_: Any) -> dict[str, Any]:
        payer = members.pop("payer")
        return {"payer": payer, "credentials": Credentials(**members)}


class Intent(Shape):
    """`methods` are the ways still open; the password is in every list that is not empty.

    `merchant_name` and `nonce` are told to the customer's own device alone.
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
        allow_none=True, required=True, metadata={"description": "compact JWS (ES256)"}
    )
    expires_at = fields.String(required=True)
    merchant_name = fields.String(allow_none=True)
    nonce = fields.String(
        allow_none=True, metadata={"description": "for the customer's device, which signs it"}
    )


class FramesAccepted(Shape):
    """A living head, in time, and one face. It does not say whose."""

    capture_id = fields.String(required=True)
    purpose = fields.String(required=True)
    outcome = fields.String(required=True)
    enrolment = fields.Nested(Enrolment, allow_none=True)
    payment_intent = fields.Nested(Intent, allow_none=True)
