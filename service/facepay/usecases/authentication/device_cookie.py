"""Browsers somebody has signed in from before: their attempts are counted apart.

A stranger who guesses at the page brings the counter of *all unknown* browsers to rest, and would
keep the owner out. So a browser gets a cookie at its first sign-in, made for that alias alone, and
from then on has a counter of its own (OWASP, "Slow Down Online Guessing Attacks with Device
Cookies"). The cookie opens nothing: it only says on which counter a wrong answer is written.
"""

import hashlib
import hmac
import secrets

from facepay.usecases.dependencies import Dependencies

UNKNOWN = ""
_NONCE_DIGITS = 32


def new_device_cookie(deps: Dependencies, alias: str) -> str:
    nonce = secrets.token_hex(_NONCE_DIGITS // 2)
    return nonce + _seal(deps, alias, nonce)


def device_of(deps: Dependencies, alias: str, cookie: str) -> str:
    """Which known browser this is, or UNKNOWN; the same work whoever has the alias."""
    nonce, sealed = cookie[:_NONCE_DIGITS], cookie[_NONCE_DIGITS:]
    right = hmac.compare_digest(sealed.encode(), _seal(deps, alias, nonce).encode())
    return nonce if right else UNKNOWN


def _seal(deps: Dependencies, alias: str, nonce: str) -> str:
    # `nonce` has a fixed length, so that no two pairs are the same text.
    sealed = f"device cookie\n{nonce}\n{alias}".encode()
    return hmac.new(deps.fingerprint_key, sealed, hashlib.sha256).hexdigest()
