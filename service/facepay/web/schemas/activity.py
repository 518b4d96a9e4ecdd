"""Schemas of the customer's activity."""

from marshmallow import fields, validate

from facepay.web.schemas.fields import Shape


class ActivityPage(Shape):
    """The place where a page begins: `before` is the id of the last use on the page before it."""

    before = fields.String(
        load_default=None,
        validate=validate.Regexp(
            r"use_[0-9a-f]{32}\Z",
            error="Send the id of a use: use_ and 32 lower-case hexadecimal digits.",
        ),
    )


class FaceUse(Shape):
    """One use of the face. `on_hold`: the policy declined the payment because of its `flags`."""

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
