"""Schemas of the customer's activity."""

from marshmallow import fields

from facepay.web.schemas.fields import Id, Shape


class ActivityPage(Shape):
    """The place where a page begins: `before` is the id of the last use on the page before it."""

    before = Id("use_", "the id of a use", load_default=None)


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
