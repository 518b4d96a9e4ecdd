"""Make and check one-time codes: TOTP (RFC 6238), SHA-1, six digits, 30 s, no drift window.

pyotp's `verify` accepts a code any number of times. This module returns the matching time step
instead, and the use case accepts each time step once.
"""

import hmac
from datetime import datetime

import pyotp
import segno

ISSUER = "facepay"


class TotpCodes:
    """Implementation of `ports.OneTimeCodes`."""

    def new_secret(self) -> str:
        return pyotp.random_base32(32)

    def uri(self, secret: str, *, account: str) -> str:
        return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)

    def qr(self, uri: str) -> str:
        return segno.make_qr(uri).svg_data_uri(scale=4)

    def matching_time_step(self, secret: str, code: str, at: datetime) -> int | None:
        totp = pyotp.TOTP(secret)
        time_step = totp.timecode(at)
        expected = totp.generate_otp(time_step)
        return time_step if hmac.compare_digest(expected.encode(), code.encode()) else None
