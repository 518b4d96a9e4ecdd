"""Merchants, terminals, customers and the credentials of customers."""

from typing import Any

from flask_smorest import Blueprint

from facepay.domain.customer import Role
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.customers.duress_code import remove_duress_code, set_duress_code
from facepay.usecases.customers.passwords import change_password, reset_password
from facepay.usecases.customers.recovery_codes import make_recovery_codes
from facepay.usecases.customers.second_factors import (
    add_second_factor,
    confirm_second_factor,
    list_second_factors,
    rename_second_factor,
    revoke_second_factor,
)
from facepay.usecases.operators.register import (
    register_customer,
    register_merchant,
    register_terminal,
)
from facepay.usecases.responses import (
    Done,
    FactorAnswer,
    PasswordAnswer,
    RecoveryCodesAnswer,
    Registered,
)
from facepay.web.access import caller, command, deps, signed_by
from facepay.web.schemas import parties as shapes

parties = Blueprint("parties", __name__, url_prefix="/v1", description=__doc__)


@parties.post("/merchants")
@parties.arguments(shapes.NewParty)
@parties.response(201, shapes.RegisteredParty)
@signed_by(Role.OPERATOR)
def create_merchant(new: dict[str, Any]) -> Registered:
    """Register a merchant and the public key that its backend signs with."""
    return register_merchant(deps(), command(), new["name"], new["public_key"])


@parties.post("/terminals")
@parties.arguments(shapes.NewTerminal)
@parties.response(201, shapes.RegisteredParty)
@signed_by(Role.MERCHANT)
def create_terminal(new: dict[str, Any]) -> Registered:
    """Register a terminal of the calling merchant."""
    return register_terminal(deps(), command(), new["name"], new["public_key"], new["city"])


@parties.post("/customers")
@parties.arguments(shapes.NewCustomer)
@parties.response(201, shapes.RegisteredParty)
@signed_by(Role.OPERATOR)
def create_customer(new: dict[str, Any]) -> Registered:
    """Register a customer with a password and the public key of the customer's own device."""
    return register_customer(deps(), command(), new["alias"], new["password"], new["public_key"])


@parties.post("/second_factors")
@parties.arguments(shapes.NewFactor)
@parties.response(201, shapes.Factor)
@signed_by(Role.CUSTOMER)
def create_second_factor(new: dict[str, Any]) -> FactorAnswer:
    """Add a TOTP factor, whose secret is shown until it is confirmed, or a device key."""
    return add_second_factor(deps(), command(), new["name"], new["credentials"], new["key"])


@parties.get("/second_factors")
@parties.response(200, shapes.Factors)
@signed_by(Role.CUSTOMER)
def get_second_factors() -> dict[str, list[FactorAnswer]]:
    """List the second factors that are pending or active."""
    return {"second_factors": list_second_factors(deps(), caller())}


@parties.post("/second_factors/<id:factor_id>/rename")
@parties.arguments(shapes.FactorName)
@parties.response(200, shapes.Factor)
@signed_by(Role.CUSTOMER)
def rename_factor(new: dict[str, Any], factor_id: str) -> FactorAnswer:
    """Rename a second factor."""
    return rename_second_factor(deps(), command(), factor_id, new["name"])


@parties.post("/password")
@parties.arguments(shapes.NewPassword)
@parties.response(200, shapes.PasswordChanged)
@signed_by(Role.CUSTOMER)
def update_password(sent: dict[str, Any]) -> PasswordAnswer:
    """Change the password, with the current password and a second factor."""
    return change_password(deps(), command(), sent["credentials"], sent["new_password"])


@parties.post("/password/reset")
@parties.arguments(shapes.ForgottenPassword)
@parties.response(200, shapes.PasswordChanged)
@signed_by(Role.CUSTOMER)
def replace_forgotten_password(sent: dict[str, Any]) -> PasswordAnswer:
    """Set a new password in place of a forgotten one, with a recovery code."""
    return reset_password(deps(), command(), sent["recovery_code"], sent["new_password"])


@parties.post("/recovery_codes")
@parties.arguments(shapes.CredentialsShape)
@parties.response(201, shapes.RecoveryCodes)
@signed_by(Role.CUSTOMER)
def create_recovery_codes(credentials: Credentials) -> RecoveryCodesAnswer:
    """Make ten recovery codes, shown once; they replace the earlier ones."""
    return make_recovery_codes(deps(), command(), credentials)


@parties.post("/second_factors/<id:factor_id>/confirm")
@parties.arguments(shapes.SecondFactorShape)
@parties.response(200, shapes.Factor)
@signed_by(Role.CUSTOMER)
def confirm_factor(credentials: Credentials, factor_id: str) -> FactorAnswer:
    """Confirm a pending factor with one correct code or one signature."""
    return confirm_second_factor(deps(), command(), factor_id, credentials)


@parties.post("/second_factors/<id:factor_id>/revoke")
@parties.arguments(shapes.CredentialsShape)
@parties.response(200, shapes.Factor)
@signed_by(Role.CUSTOMER)
def revoke_factor(credentials: Credentials, factor_id: str) -> FactorAnswer:
    """Revoke a factor, with password and an active factor; it is refused from then on."""
    return revoke_second_factor(deps(), command(), factor_id, credentials)


@parties.post("/duress_code")
@parties.arguments(shapes.NewDuressCode)
@parties.response(200, shapes.Done)
@signed_by(Role.CUSTOMER)
def put_duress_code(new: dict[str, Any]) -> Done:
    """Set the duress code: typed in place of a one-time code, it alerts the operator silently."""
    credentials = Credentials(new["password"], new["code"])
    return set_duress_code(deps(), command(), credentials, new["duress_code"])


@parties.post("/duress_code/remove")
@parties.arguments(shapes.CredentialsShape)
@parties.response(200, shapes.Done)
@signed_by(Role.CUSTOMER)
def delete_duress_code(credentials: Credentials) -> Done:
    """Remove the duress code; the answer does not say whether one was set."""
    return remove_duress_code(deps(), command(), credentials)
