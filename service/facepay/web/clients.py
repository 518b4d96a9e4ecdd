"""Client keys: withdraw and replace them, add a customer's device, suspend a client."""

from datetime import timedelta
from typing import Any

from flask_smorest import Blueprint

from facepay.domain.customer import Role
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.clients.devices import add_device, list_devices, withdraw_device
from facepay.usecases.clients.merchant_keys import (
    list_terminals,
    replace_own_key,
    replace_terminal_key,
    withdraw_terminal,
)
from facepay.usecases.operators.suspend import suspend_alone
from facepay.usecases.responses import (
    DeviceAnswer,
    Registered,
    SuspensionAnswer,
    TerminalAnswer,
)
from facepay.web.access import caller, command, deps, signed_by
from facepay.web.schemas import clients as shapes
from facepay.web.schemas.parties import CredentialsShape, RegisteredParty

clients = Blueprint("clients", __name__, url_prefix="/v1", description=__doc__)


@clients.get("/devices")
@clients.response(200, shapes.Devices)
@signed_by(Role.CUSTOMER)
def get_devices() -> dict[str, Any]:
    """List the caller's devices that are not withdrawn."""
    return {"devices": list_devices(deps(), caller().subject_id)}


@clients.post("/devices")
@clients.arguments(shapes.NewDevice)
@clients.response(201, shapes.Device)
@signed_by(Role.CUSTOMER)
def create_device(new: dict[str, Any]) -> DeviceAnswer:
    """Add the request key of a further device, with password and second factor."""
    return add_device(deps(), command(), **new)


@clients.post("/devices/<keyid:keyid>/withdraw")
@clients.arguments(CredentialsShape)
@clients.response(200, shapes.Device)
@signed_by(Role.CUSTOMER)
def end_device(credentials: Credentials, keyid: str) -> DeviceAnswer:
    """Withdraw a device's request key at once and for good, with any one credential."""
    return withdraw_device(deps(), command(), keyid, credentials)


@clients.get("/terminals")
@clients.arguments(shapes.TerminalsPage, location="query")
@clients.response(200, shapes.Terminals)
@signed_by(Role.MERCHANT)
def get_terminals(page: dict[str, Any]) -> dict[str, Any]:
    """List the calling merchant's terminals with their keys in force, in pages of 200."""
    return {"terminals": list_terminals(deps(), caller(), page["after"])}


@clients.post("/terminals/<id:terminal_id>/withdraw_key")
@clients.response(200, shapes.Terminal)
@signed_by(Role.MERCHANT)
def end_terminal_key(terminal_id: str) -> TerminalAnswer:
    """Withdraw a terminal's key at once and for good."""
    return withdraw_terminal(deps(), command(), terminal_id)


@clients.post("/terminals/<id:terminal_id>/replace_key")
@clients.arguments(shapes.NewKey)
@clients.response(200, shapes.Terminal)
@signed_by(Role.MERCHANT)
def renew_terminal_key(new: dict[str, Any], terminal_id: str) -> TerminalAnswer:
    """Withdraw a terminal's key, and give it a new one in its place."""
    return replace_terminal_key(deps(), command(), terminal_id, new["public_key"])


@clients.post("/merchants/replace_key")
@clients.arguments(shapes.NewKey)
@clients.response(200, RegisteredParty)
@signed_by(Role.MERCHANT)
def renew_own_key(new: dict[str, Any]) -> Registered:
    """Replace the calling merchant's own key; the old key signs this request for the last time."""
    return replace_own_key(deps(), command(), new["public_key"])


@clients.post("/terminals/<id:terminal_id>/suspend")
@clients.arguments(shapes.NewSuspension)
@clients.response(200, shapes.Suspension)
@signed_by(Role.OPERATOR)
def suspend_terminal(lasting: timedelta, terminal_id: str) -> SuspensionAnswer:
    """Suspend a terminal for at most an hour; two operators can suspend it for longer."""
    return suspend_alone(deps(), command(), terminal_id, lasting)


@clients.post("/merchants/<id:merchant_id>/suspend")
@clients.arguments(shapes.NewSuspension)
@clients.response(200, shapes.Suspension)
@signed_by(Role.OPERATOR)
def suspend_merchant(lasting: timedelta, merchant_id: str) -> SuspensionAnswer:
    """Suspend a merchant and its terminals for at most an hour."""
    return suspend_alone(deps(), command(), merchant_id, lasting)
