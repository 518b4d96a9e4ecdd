"""Webhook endpoints: the addresses at which a merchant's backend or the operator gets events."""

from typing import Any

from flask_smorest import Blueprint

from facepay.domain.customer import Role
from facepay.usecases.responses import EndpointAnswer
from facepay.usecases.webhooks.endpoints import create_endpoint, disable_endpoint, list_endpoints
from facepay.web.access import caller, command, deps, signed_by
from facepay.web.schemas import webhooks as shapes

webhooks = Blueprint("webhooks", __name__, url_prefix="/v1/webhook_endpoints", description=__doc__)


@webhooks.post("")
@webhooks.arguments(shapes.NewEndpoint)
@webhooks.response(201, shapes.Endpoint)
@signed_by(Role.MERCHANT, Role.OPERATOR)
def create_webhook_endpoint(new: dict[str, Any]) -> EndpointAnswer:
    """Register an endpoint; only this answer and its retries within 10 minutes show the secret."""
    return create_endpoint(deps(), command(), new["url"])


@webhooks.get("")
@webhooks.response(200, shapes.Endpoints)
@signed_by(Role.MERCHANT, Role.OPERATOR)
def get_webhook_endpoints() -> dict[str, Any]:
    """List the caller's endpoints with their waiting and abandoned deliveries."""
    return {"webhook_endpoints": list_endpoints(deps(), caller())}


@webhooks.post("/<id:endpoint_id>/disable")
@webhooks.response(200, shapes.Endpoint)
@signed_by(Role.MERCHANT, Role.OPERATOR)
def disable_webhook_endpoint(endpoint_id: str) -> EndpointAnswer:
    """Disable an endpoint for good; no more events are sent to it."""
    return disable_endpoint(deps(), command(), endpoint_id)
