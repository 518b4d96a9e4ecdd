"""A refusal as a page, in the reader's language: what happened, and what can be done."""

from flask import Response, current_app, g, render_template, request

from facepay.web.pages.language import gettext as _

PREFIX = "/account"


def is_page(path: str) -> bool:
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def refusal_page(code: str, status: int) -> Response:
    """The form again with what is wrong where a view names one, or a page of its own."""
    view = current_app.view_functions.get(request.endpoint or "")
    form = view.__dict__.get("form") if view is not None and "visit" in g else None
    html = render_template(f"account/{form or 'refusal'}.html", problem=words(code), code=code)
    return Response(html, status=status, content_type="text/html; charset=utf-8")


def words(code: str) -> str:
    """What a refusal says to a person; the same for everything that must not be told apart."""
    if code == "proof_rejected":
        return _(
            "That did not match. Please check what you typed. Each code works only once: wait for "
            "the next one. After several wrong tries, wait a minute."
        )
    if code == "invalid_request":
        return _("Please fill in every field. A code has six digits.")
    if code == "form_expired":
        return _("This page was open for too long. Nothing was changed. Please try again.")
    if code in ("not_found", "method_not_allowed"):
        return _("There is no such page.")
    if code.endswith("_unavailable"):
        return _(
            "This cannot be done right now. Nothing was changed. Please try again in a minute."
        )
    return _("That did not work. Nothing was changed.")
