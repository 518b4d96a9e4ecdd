"""A refusal as a page, in the reader's language: what happened, and what can be done."""

from flask import Response, current_app, g, render_template, request

from facepay.web.pages.language import gettext as _

PREFIX = "/account"


def is_page(path: str) -> bool:
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def refusal_page(code: str, status: int, param: str | None = None) -> Response:
    """The form again with what is wrong where a view names one, or a page of its own."""
    view = current_app.view_functions.get(request.endpoint or "")
    form = view.__dict__.get("form") if view is not None and "visit" in g else None
    html = render_template(f"account/{form or 'refusal'}.html", problem=words(code, param))
    return Response(html, status=status, content_type="text/html; charset=utf-8")


def words(code: str, param: str | None = None) -> str:
    """What a refusal says to a person; the same for everything that must not be told apart."""
    said = {
        "new_password": _("The new password needs 8 characters or more."),
        "duress_code": _("Please choose six other digits."),
        "credentials_rejected": _(
            "That did not match. Please check what you typed. Each code works only once: wait for "
            "the next one. After several wrong tries, wait a minute."
        ),
        "invalid_request": _("Please fill in every field. A code has six digits."),
        "form_expired": _("This page was open too long. Nothing was changed. Please try again."),
        "wrong_state": _("This cannot be done as things are. The overview shows how they are now."),
        "not_found": _("There is no such page."),
        "method_not_allowed": _("There is no such page."),
        "unavailable": _(
            "This cannot be done right now. Nothing was changed. Please try again in a minute."
        ),
    }
    kind = "unavailable" if code.endswith("_unavailable") else code
    return said.get(param or "", said.get(kind, _("That did not work. Nothing was changed.")))
