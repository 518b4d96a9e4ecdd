"""Pages for the overview and the face: a signed-in customer revokes it in two taps."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from facepay.usecases.clients.devices import list_devices
from facepay.usecases.consents.withdraw import withdraw_consent
from facepay.usecases.customers.read_account import read_account, read_consent, read_face
from facepay.usecases.faces.lock import lock_face, unlock_face
from facepay.usecases.faces.revoke import revoke_face
from facepay.web.access import deps
from facepay.web.pages.forms import (
    CredentialsForm,
    credentials_in,
    form_on_refusal,
    read_form,
    show,
)
from facepay.web.pages.page_access import form_command, session, signed_in_page
from facepay.web.pages.refusals import PREFIX

face = Blueprint("face", __name__, url_prefix=PREFIX, template_folder="templates")


@face.get("")
@signed_in_page
def overview() -> ResponseReturnValue:
    customer_id = session().customer_id
    account, devices = read_account(deps(), customer_id), list_devices(deps(), customer_id)
    return show("overview", account=account, devices=devices)


@face.get("/faces/<id:face_id>/revoke")
@signed_in_page
def show_revoke(face_id: str) -> ResponseReturnValue:
    read_face(deps(), session().customer_id, face_id)
    return show("revoke")


@face.post("/faces/<id:face_id>/revoke")
@signed_in_page
@form_on_refusal("revoke")
def revoke(face_id: str) -> ResponseReturnValue:
    revoke_face(deps(), form_command(), face_id, session())
    return redirect(url_for(".revoked", face_id=face_id), 303)


@face.get("/faces/<id:face_id>/revoked")
@signed_in_page
def revoked(face_id: str) -> ResponseReturnValue:
    found = read_face(deps(), session().customer_id, face_id)
    if found.revoked_at is None:
        return redirect(url_for(".show_revoke", face_id=face_id), 303)
    return show("revoked", face=found)


@face.post("/faces/<id:face_id>/lock")
@signed_in_page
def lock(face_id: str) -> ResponseReturnValue:
    lock_face(deps(), form_command(), face_id, session())
    return redirect(url_for(".overview"), 303)


@face.get("/faces/<id:face_id>/unlock")
@signed_in_page
def show_unlock(face_id: str) -> ResponseReturnValue:
    read_face(deps(), session().customer_id, face_id)
    return show("unlock")


@face.post("/faces/<id:face_id>/unlock")
@signed_in_page
@form_on_refusal("unlock")
def unlock(face_id: str) -> ResponseReturnValue:
    unlock_face(deps(), form_command(), face_id, credentials_in(read_form(CredentialsForm)))
    return redirect(url_for(".overview"), 303)


@face.get("/consents/<id:consent_id>/withdraw")
@signed_in_page
def show_withdraw(consent_id: str) -> ResponseReturnValue:
    read_consent(deps(), session().customer_id, consent_id)
    return show("withdraw")


@face.post("/consents/<id:consent_id>/withdraw")
@signed_in_page
@form_on_refusal("withdraw")
def withdraw(consent_id: str) -> ResponseReturnValue:
    withdraw_consent(deps(), form_command(), consent_id)
    return redirect(url_for(".overview"), 303)
