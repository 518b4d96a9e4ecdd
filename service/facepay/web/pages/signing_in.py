"""Pages for signing in and out, and the style sheet of all pages."""

import secrets
from pathlib import Path

from flask import Blueprint, Response, g, redirect, url_for
from flask.typing import ResponseReturnValue

from facepay.usecases.authentication.sign_in import TOKEN_BYTES, SignInAttempt, sign_in, sign_out
from facepay.web.access import deps, public
from facepay.web.pages import cookies
from facepay.web.pages.forms import (
    SignInForm,
    credentials_in,
    form_on_refusal,
    read_form,
    show,
    template_context,
)
from facepay.web.pages.page_access import begin_visit, public_page, signed_in
from facepay.web.pages.refusals import PREFIX

signing_in = Blueprint("signing_in", __name__, url_prefix=PREFIX, template_folder="templates")
signing_in.app_context_processor(template_context)

STYLE = (Path(__file__).parent / "page.css").read_text()


@signing_in.get("/page.css")
@public
def style() -> Response:
    response = Response(STYLE, content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@signing_in.get("/sign_in")
@public_page
def show_sign_in() -> ResponseReturnValue:
    if signed_in():
        return redirect(url_for("face.overview"), 303)
    return show("sign_in")


@signing_in.post("/sign_in")
@public_page
@form_on_refusal("sign_in")
def do_sign_in() -> ResponseReturnValue:
    form = read_form(SignInForm)
    attempt = SignInAttempt(form["alias"], credentials_in(form), cookies.read(cookies.DEVICE))
    signed = sign_in(deps(), attempt)
    begin_visit(signed.token)
    response = Response(status=303, headers={"Location": url_for("face.overview")})
    cookies.write(response, cookies.DEVICE, signed.device_cookie, seconds=cookies.A_YEAR)
    return response


@signing_in.post("/sign_out")
@public_page
def do_sign_out() -> ResponseReturnValue:
    sign_out(deps(), g.visit)
    begin_visit(secrets.token_urlsafe(TOKEN_BYTES))
    return redirect(url_for(".show_sign_in"), 303)
