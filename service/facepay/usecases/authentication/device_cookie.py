"""Device cookies: browsers that have signed in before have their own attempt counters.

A stranger who guesses on the page blocks the counter of *all unknown* browsers, and would block the
owner too. A browser therefore gets a cookie at its first sign-in, valid for that alias only. From
then on it has its own counter (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). The
cookie gives no access: it only selects the counter for wrong attempts.
"""

import hashlib
import hmac
import secrets

from facepay.usecases.dependencies import Dependencies

UNKNOWN = ""
_NONCE_DIGITS = 32


def new_device_cookie(deps: Dependencies, alias: str) -> str:
    """Return a new cookie for one alias: 128 random bits and their HMAC-SHA-256, in hex."""
    nonce = secrets.token_hex(_NONCE_DIGITS // 2)
    return nonce + _seal(deps, alias, nonce)


def device_of(deps: Dependencies, alias: str, cookie: str) -> str:
    """Return the nonce of a valid cookie, which identifies the browser, or UNKNOWN.

    The work is the same whether the alias exists or not.
    """
    nonce, sealed = cookie[:_NONCE_DIGITS], cookie[_NONCE_DIGITS:]
    right = hmac.compare_digest(sealed.encode(), _seal(deps, alias, nonce).encode())
    return nonce if right else UNKNOWN


def _seal(deps: Dependencies, alias: str, nonce: str) -> str:
    # `nonce` has a fixed length and no line feed, so that different pairs give different texts.
    sealed = f"device cookie\n{nonce}\n{alias}".encode()
    return hmac.new(deps.fingerprint_key, sealed, hashlib.sha256).hexdigest()
