"""The customer's activity."""

from marshmallow import fields, validate

from facepay.web.schemas.fields import Shape


class Before(Shape):
    """Where a page begins: behind this use, the last of the page before."""

    before = fields.String(
        load_default=None,
        validate=validate.Regexp(r"use_[0-9a-f]{32}\Z", error="The id of a use."),
    )


class FaceUse(Shape):
    """`on_hold`: the payment was declined because of `flags`; the till was not told why."""

    id = fields.String(required=True)
    at = fields.String(required=True)
    payment_intent = fields.String(required=True)
    merchant = fields.String(required=True)
    terminal = fields.String(required=True)
    city = fields.String(allow_none=True, required=True)
    amount_minor = fields.Integer(required=True)
    currency = fields.String(required=True)
    outcome = fields.String(required=True)
    flags = fields.List(fields.String(), required=True)
    on_hold = fields.Boolean(required=True)


class Activity(Shape):
    uses = fields.List(fields.Nested(FaceUse), required=True)
