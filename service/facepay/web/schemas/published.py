"""Schemas of the public resources: keys, audit log, error registry, health."""

from marshmallow import fields, validate

from facepay.web.schemas.fields import Shape


class Jwks(Shape):
    keys = fields.List(fields.Dict(keys=fields.String(), values=fields.String()), required=True)


class LeavesPage(Shape):
    """The place where a page of the log begins: right behind the leaf number `after`."""

    after = fields.Integer(load_default=0, validate=validate.Range(min=0, max=2**53))


class Leaf(Shape):
    seq = fields.Integer(required=True)
    at = fields.String(required=True)
    kind = fields.String(required=True)
    commitment = fields.String(required=True)
    previous = fields.String(required=True)
    hash = fields.String(required=True)


class Leaves(Shape):
    leaves = fields.List(fields.Nested(Leaf), required=True)


class Checkpoint(Shape):
    checkpoint = fields.String(
        required=True,
        metadata={"description": "A compact JWS (ES256) over the log's size and last hash."},
    )


class ErrorEntry(Shape):
    code = fields.String(required=True)
    status = fields.Integer(required=True)
    retryable = fields.Boolean(required=True)
    user_action = fields.String(required=True)
    title = fields.String(required=True)
    meaning = fields.String(required=True)


class Health(Shape):
    status = fields.String(required=True)
    log = fields.String(
        required=True,
        validate=validate.OneOf(["consistent", "inconsistent"]),
        metadata={"description": "`inconsistent`: it contradicts its last signed checkpoint."},
    )
