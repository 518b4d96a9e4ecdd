"""The three cookies of the page: the visit's token, the device's name and the language.

Over https they are `__Host-` cookies: only this host gets them, and browsers never send them in
the clear (draft RFC 6265bis, 4.1.3.2). A rehearsal over http on loopback uses plain names, because
browsers would drop `__Host-` cookies there.
"""

from flask import Response, current_app, request

VISIT = "facepay-visit"
DEVICE = "facepay-device"
LANGUAGE = "facepay-language"
A_YEAR = 365 * 24 * 3600


def read(name: str) -> str:
    """Return the value that the browser sent; empty when there is none, or it is not ASCII."""
    value = request.cookies.get(_full(name), "")
    return value if value.isascii() else ""


def write(response: Response, name: str, value: str, *, seconds: int | None = None) -> None:
    """Set a cookie that lasts for `seconds`, or until the browser is closed."""
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
