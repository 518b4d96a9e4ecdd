"""Schemas of webhook endpoints."""

from marshmallow import fields

from facepay.web.schemas.fields import Shape, Text


class NewEndpoint(Shape):
    url = Text(required=True, max_length=2000)


class Endpoint(Shape):
    """An endpoint. `failing_since`: no delivery has been answered with 2xx since then.

    Only the answer that registers it, and retries of it within 10 minutes, have its `secret`.
    """

    id = fields.String(required=True)
    url = fields.String(required=True)
    state = fields.String(required=True)
    created_at = fields.String(required=True)
    disabled_at = fields.String(allow_none=True, required=True)
    failing_since = fields.String(allow_none=True, required=True)
    waiting = fields.Integer(required=True)
    given_up = fields.Integer(required=True)
    secret = fields.String(
        allow_none=True,
        metadata={"description": "The signing secret of Standard Webhooks: whsec_ and base64."},
    )


class Endpoints(Shape):
    webhook_endpoints = fields.List(fields.Nested(Endpoint), required=True)
