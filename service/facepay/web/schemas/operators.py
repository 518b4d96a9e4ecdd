"""What operators ask one another for."""

from typing import Any

from marshmallow import fields, post_load, validate

from facepay.domain.operator_action import ActionKind
from facepay.usecases.operators.revoke_faces import BATCH
from facepay.web.schemas.fields import Shape, Text, Whole


class Target(Shape):
    """`revoke_face`: an enrolment or a customer's alias. `revoke_cohort`: when faces were enrolled,
    from `enrolled_after` on and before `enrolled_before`, or with which model; all that are given.
    """

    enrolment = fields.String(validate=validate.Regexp(r"enr_[0-9a-f]{32}\Z", error="Not an id."))
    customer = Text(longest=100)
    enrolled_after = fields.AwareDateTime(format="iso")
    enrolled_before = fields.AwareDateTime(format="iso")
    model = Text(longest=200)


class NewAction(Shape):
    kind = fields.Enum(ActionKind, by_value=True, required=True)
    target = fields.Nested(Target, required=True)


class Step(Shape):
    """How many faces to go on with, at most."""

    at_most = Whole(least=1, most=BATCH, load_default=BATCH)

    @post_load
    def to_number(self, members: dict[str, Any], **_: Any) -> int:
        return int(members["at_most"])


class Action(Shape):
    """`done` of `total` faces are revoked; of `keys_left` the key is still to be destroyed."""

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
        metadata={"description": "of issue_recovery: told once, to who approved"},
    )
