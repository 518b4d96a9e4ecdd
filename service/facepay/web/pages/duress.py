"""Pages for the duress code; none shows whether one is set, so that nobody can look it up."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from facepay.usecases.customers.duress_code import remove_duress_code, set_duress_code
from facepay.web.access import deps
from facepay.web.pages import forms
from facepay.web.pages.forms import credentials_in, form_on_refusal, read_form, show
from facepay.web.pages.page_access import form_command, signed_in_page
from facepay.web.pages.refusals import PREFIX

duress = Blueprint("duress", __name__, url_prefix=PREFIX, template_folder="templates")


@duress.get("/emergency")
@signed_in_page
def show_set_duress_code() -> ResponseReturnValue:
    return show("duress")


@duress.post("/emergency")
@signed_in_page
@form_on_refusal("duress")
def set_code() -> ResponseReturnValue:
    form = read_form(forms.DuressForm)
    set_duress_code(deps(), form_command(), credentials_in(form), form["duress_code"])
    return redirect(url_for(".saved"), 303)


@duress.get("/emergency/remove")
@signed_in_page
def show_remove_duress_code() -> ResponseReturnValue:
    return show("remove_duress")


@duress.post("/emergency/remove")
@signed_in_page
@form_on_refusal("remove_duress")
def remove_code() -> ResponseReturnValue:
    remove_duress_code(deps(), form_command(), credentials_in(read_form(forms.CredentialsForm)))
    return redirect(url_for(".saved"), 303)


@duress.get("/emergency/saved")
@signed_in_page
def saved() -> ResponseReturnValue:
    return show("saved")
