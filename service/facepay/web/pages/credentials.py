"""Pages for credentials: authenticators, recovery codes, the password; and the emergency stop.

A signed-in customer types password and a fresh code again for each change, because a browser left
open in a shop must not be enough. Confirming a new authenticator takes a code of the new one. The
emergency stop takes a name and a recovery code instead, and no session.
"""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.customers.passwords import change_password
from facepay.usecases.customers.recovery_codes import make_recovery_codes
from facepay.usecases.customers.second_factors import (
    add_second_factor,
    confirm_second_factor,
    revoke_second_factor,
)
from facepay.usecases.faces.emergency_stop import revoke_with_recovery_code
from facepay.web.access import deps
from facepay.web.pages import forms
from facepay.web.pages.forms import credentials_in, form_on_refusal, read_form, show
from facepay.web.pages.page_access import form_command, public_page, signed_in_page, visit_command
from facepay.web.pages.refusals import PREFIX

credentials = Blueprint("credentials", __name__, url_prefix=PREFIX, template_folder="templates")


@credentials.get("/factors/add")
@signed_in_page
def show_add_factor() -> ResponseReturnValue:
    return show("add_factor")


@credentials.post("/factors/add")
@signed_in_page
@form_on_refusal("add_factor")
def add_factor() -> ResponseReturnValue:
    form = read_form(forms.NewFactorForm)
    factor = add_second_factor(deps(), form_command(), form["name"], credentials_in(form))
    return show("scan_factor", factor=factor)


@credentials.get("/factors/<id:factor_id>/confirm")
@signed_in_page
def show_confirm_factor(factor_id: str) -> ResponseReturnValue:
    return show("confirm_factor")


@credentials.post("/factors/<id:factor_id>/confirm")
@signed_in_page
@form_on_refusal("confirm_factor")
def confirm_factor(factor_id: str) -> ResponseReturnValue:
    credentials = Credentials(code=read_form(forms.CodeForm)["code"])
    confirm_second_factor(deps(), form_command(), factor_id, credentials)
    return redirect(url_for("face.overview"), 303)


@credentials.get("/factors/<id:factor_id>/revoke")
@signed_in_page
def show_revoke_factor(factor_id: str) -> ResponseReturnValue:
    return show("revoke_factor")


@credentials.post("/factors/<id:factor_id>/revoke")
@signed_in_page
@form_on_refusal("revoke_factor")
def revoke_factor(factor_id: str) -> ResponseReturnValue:
    credentials = credentials_in(read_form(forms.CredentialsForm))
    revoke_second_factor(deps(), form_command(), factor_id, credentials)
    return redirect(url_for("face.overview"), 303)


@credentials.get("/recovery_codes")
@signed_in_page
def show_new_recovery_codes() -> ResponseReturnValue:
    return show("recovery_codes")


@credentials.post("/recovery_codes")
@signed_in_page
@form_on_refusal("recovery_codes")
def make_codes() -> ResponseReturnValue:
    made = make_recovery_codes(
        deps(), form_command(), credentials_in(read_form(forms.CredentialsForm))
    )
    return show("recovery_codes_made", codes=made.codes)


@credentials.get("/password")
@signed_in_page
def show_change_password() -> ResponseReturnValue:
    return show("password")


@credentials.post("/password")
@signed_in_page
@form_on_refusal("password")
def set_password() -> ResponseReturnValue:
    form = read_form(forms.NewPasswordForm)
    change_password(deps(), form_command(), credentials_in(form), form["new_password"])
    return redirect(url_for(".password_changed"), 303)


@credentials.get("/password/changed")
@public_page
def password_changed() -> ResponseReturnValue:
    return show("password_changed")


@credentials.get("/stop")
@public_page
def show_stop() -> ResponseReturnValue:
    return show("stop")


@credentials.post("/stop")
@public_page
@form_on_refusal("stop")
def stop() -> ResponseReturnValue:
    form = read_form(forms.StopForm)
    revoke_with_recovery_code(deps(), visit_command(), form["alias"], form["recovery_code"])
    return redirect(url_for(".stopped"), 303)


@credentials.get("/stopped")
@public_page
def stopped() -> ResponseReturnValue:
    return show("stopped")
