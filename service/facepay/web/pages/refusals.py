"""Show a refusal as a page in the reader's language: what happened, and what to do next."""

from flask import Response, current_app, g, render_template, request

from facepay.web.pages.language import gettext as _

PREFIX = "/account"


def is_page(path: str) -> bool:
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def refusal_page(code: str, status: int, param: str | None = None) -> Response:
    """Render the form that the view names, with the reason above it, or a page of its own."""
    view = current_app.view_functions.get(request.endpoint or "")
    form = view.__dict__.get("form") if view is not None and "visit" in g else None
    html = render_template(f"account/{form or 'refusal'}.html", problem=refusal_text(code, param))
    return Response(html, status=status, content_type="text/html; charset=utf-8")


def refusal_text(code: str, param: str | None = None) -> str:
    """Return the text for an error code; errors that must look alike share one text."""
    texts = {
        "new_password": _(
            "The new password was not saved. Please choose one with 8 characters or more."
        ),
        "duress_code": _("This emergency code cannot be used. Please choose six other digits."),
        "credentials_rejected": _(
            "That did not match. Please check what you typed. Each code works only once: wait for "
            "the next one. After several wrong tries, wait a minute."
        ),
        "invalid_request": _(
            "A field is empty or not valid. Please fill in every field. A code has six digits."
        ),
        "form_expired": _("This page was open too long. Nothing was changed. Please try again."),
        "wrong_state": _(
            "This is not possible in the current state. The overview shows the current state."
        ),
        "not_found": _("This page does not exist."),
        "method_not_allowed": _("This page does not exist."),
        "unavailable": _(
            "This is not possible right now. Nothing was changed. Please try again in a minute."
        ),
    }
    kind = "unavailable" if code.endswith("_unavailable") else code
    other = _("That did not work. The overview shows whether anything has changed.")
    return texts.get(param or "", texts.get(kind, other))
