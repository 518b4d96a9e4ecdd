"""What a browser keeps for us: a token for its visit, a name it is known by, a language.

Over https they are `__Host-` cookies: of this host alone, never sent in the clear. A rehearsal
over http on loopback has to do without both, or browsers would drop them.
"""

from flask import Response, current_app, request

VISIT = "facepay-visit"
DEVICE = "facepay-device"
LANGUAGE = "facepay-language"
A_YEAR = 365 * 24 * 3600


def kept(name: str) -> str:
    """What the browser sent, or nothing."""
    value = request.cookies.get(_full(name), "")
    return value if value.isascii() else ""


def keep(response: Response, name: str, value: str, *, seconds: int | None = None) -> None:
    """Until the browser is closed, or for `seconds`."""
    response.set_cookie(
        _full(name),
        value,
        max_age=seconds,
        path="/",
        secure=_over_https(),
        httponly=True,
        samesite="Strict",
    )


def _full(name: str) -> str:
    return f"__Host-{name}" if _over_https() else name


def _over_https() -> bool:
    return str(current_app.config["FACEPAY_ORIGIN"]).startswith("https:")
