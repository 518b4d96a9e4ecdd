"""Webhook endpoints."""

from marshmallow import fields

from facepay.web.schemas.fields import Shape, Text


class NewEndpoint(Shape):
    url = Text(required=True, longest=2000)


class Endpoint(Shape):
    """`secret` is in the answer that registered it alone. `failing_since`: no 2xx since then."""

    id = fields.String(required=True)
    url = fields.String(required=True)
    state = fields.String(required=True)
    created_at = fields.String(required=True)
    disabled_at = fields.String(allow_none=True, required=True)
    failing_since = fields.String(allow_none=True, required=True)
    waiting = fields.Integer(required=True)
    given_up = fields.Integer(required=True)
    secret = fields.String(allow_none=True, metadata={"description": "whsec_ and base64"})


class Endpoints(Shape):
    webhook_endpoints = fields.List(fields.Nested(Endpoint), required=True)
