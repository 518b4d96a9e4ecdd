"""Pages for the customer's devices: a signed-in customer withdraws one in two taps."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from facepay.usecases.clients.devices import read_device, withdraw_device
from facepay.web.access import deps
from facepay.web.pages.forms import form_on_refusal, show
from facepay.web.pages.page_access import form_command, session, signed_in_page
from facepay.web.pages.refusals import PREFIX

devices = Blueprint("devices", __name__, url_prefix=PREFIX, template_folder="templates")


@devices.get("/devices/<keyid:keyid>/withdraw")
@signed_in_page
def show_withdraw(keyid: str) -> ResponseReturnValue:
    return show("withdraw_device", device=read_device(deps(), session().customer_id, keyid))


@devices.post("/devices/<keyid:keyid>/withdraw")
@signed_in_page
@form_on_refusal("withdraw_device")
def withdraw(keyid: str) -> ResponseReturnValue:
    withdraw_device(deps(), form_command(), keyid, session())
    return redirect(url_for("face.overview"), 303)
