"""Schemas of the actions that need two operators."""

from typing import Any

from marshmallow import fields, post_load, validate

from facepay.domain.operator_action import ActionKind
from facepay.usecases.operators.revoke_faces import BATCH
from facepay.web.schemas.fields import Id, Shape, StrictInteger, Text
from facepay.web.schemas.parties import PublicJwk


class Target(Shape):
    """The target of an action: faces, a customer's alias, a client's key, a merchant or a terminal.

    `revoke_cohort` takes faces enrolled from `enrolled_after` on, before `enrolled_before`, and
    with `model`; every criterion that is given must hold. protocol.md says which kind takes which.
    """

    enrolment = Id("enr_", "an enrolment's id")
    customer = Text(max_length=100)
    enrolled_after = fields.AwareDateTime(format="iso")
    enrolled_before = fields.AwareDateTime(format="iso")
    model = Text(max_length=200)
    key = fields.String(
        validate=validate.Regexp(
            r"[A-Za-z0-9_-]{43}\Z", error="Send a keyid: an RFC 7638 thumbprint in base64url."
        )
    )
    merchant = Id("mer_", "a merchant's id")
    terminal = Id("term_", "a terminal's id")
    public_key = fields.Nested(PublicJwk)


class NewAction(Shape):
    kind = fields.Enum(ActionKind, by_value=True, required=True)
    target = fields.Nested(Target, required=True)


class BatchSize(Shape):
    """The largest number of faces for the next batch to revoke."""

    at_most = StrictInteger(minimum=1, maximum=BATCH, load_default=BATCH)

    @post_load
    def to_number(self, members: dict[str, Any], **_: Any) -> int:
        return int(members["at_most"])


class Action(Shape):
    """An action. `done` of `total` faces are revoked; `keys_left` keys are not destroyed yet."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    state = fields.String(required=True)
    target = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    requested_by = fields.String(required=True)
    requested_at = fields.String(required=True)
    expires_at = fields.String(required=True)
    approved_by = fields.String(allow_none=True, required=True)
    approved_at = fields.String(allow_none=True, required=True)
    done_at = fields.String(allow_none=True, required=True)
    total = fields.Integer(required=True)
    done = fields.Integer(required=True)
    keys_left = fields.Integer(required=True)
    recovery_codes = fields.List(
        fields.String(),
        allow_none=True,
        metadata={
            "description": "Only for issue_recovery, shown once, to the operator that approves."
        },
    )
