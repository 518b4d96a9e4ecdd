"""Credentials: what a customer knows or has, as one value that every method takes.

The face is never a credential. A `Credentials` value is sent once and stored nowhere.
"""

from dataclasses import dataclass, field, fields


@dataclass(frozen=True)
class Credentials:
    """The credentials of one request; leave out what the customer does not present.

    - `password`: the password in force.
    - `code`: six digits of an authenticator (TOTP, RFC 6238).
    - `confirmation`: a compact JWS by a device key, see `sign_confirmation` and
      `sign_request_confirmation`.
    - `recovery_code`: one of the ten recovery codes.

    `Credentials(password, code)` is the usual pair. The repr shows none of the values.
    """

    password: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)
    confirmation: str | None = field(default=None, repr=False)
    recovery_code: str | None = field(default=None, repr=False)

    def body(self) -> dict[str, str]:
        """Return the members of a request body: the credentials that are presented."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in values.items() if value is not None}
