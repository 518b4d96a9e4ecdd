"""The customer's activity: where, when and how the face was used, and what was unusual about it."""

from typing import Any

from flask_smorest import Blueprint

from facepay.domain.customer import Role
from facepay.usecases.records.activity import read_activity
from facepay.web.access import caller, deps, signed_by
from facepay.web.schemas import activity as shapes

activity = Blueprint("activity", __name__, url_prefix="/v1/activity", description=__doc__)


@activity.get("")
@activity.arguments(shapes.ActivityPage, location="query")
@activity.response(200, shapes.Activity)
@signed_by(Role.CUSTOMER)
def get_activity(page: dict[str, Any]) -> dict[str, Any]:
    """List the uses of the caller's face, failed ones too, newest first, in pages of 50."""
    return {"uses": read_activity(deps(), caller().subject_id, before=page["before"])}
