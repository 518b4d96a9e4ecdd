"""Operator actions under dual control: one operator requests, another approves."""

from typing import Any

from flask_smorest import Blueprint

from facepay.domain.customer import Role
from facepay.usecases.operators.actions import (
    approve_action,
    continue_action,
    read_action,
    request_action,
)
from facepay.usecases.responses import OperatorActionAnswer
from facepay.web.access import command, deps, signed_by
from facepay.web.schemas import operators as shapes

operators = Blueprint("operators", __name__, url_prefix="/v1/operator_actions", description=__doc__)


@operators.post("")
@operators.arguments(shapes.NewAction)
@operators.response(201, shapes.Action)
@signed_by(Role.OPERATOR)
def create_action(new: dict[str, Any]) -> OperatorActionAnswer:
    """Request an action that another operator must approve within the hour."""
    return request_action(deps(), command(), new["kind"], new["target"])


@operators.post("/<id:action_id>/approve")
@operators.response(200, shapes.Action)
@signed_by(Role.OPERATOR)
def approve(action_id: str) -> OperatorActionAnswer:
    """Approve another operator's action; it is carried out at once or in batches."""
    return approve_action(deps(), command(), action_id)


@operators.post("/<id:action_id>/continue")
@operators.arguments(shapes.BatchSize)
@operators.response(200, shapes.Action)
@signed_by(Role.OPERATOR)
def continue_batches(at_most: int, action_id: str) -> OperatorActionAnswer:
    """Carry out the next batch of an approved action."""
    return continue_action(deps(), command(), action_id, at_most)


@operators.get("/<id:action_id>")
@operators.response(200, shapes.Action)
@signed_by(Role.OPERATOR)
def get_action(action_id: str) -> OperatorActionAnswer:
    """Read the state and progress of an action."""
    return read_action(deps(), action_id)
