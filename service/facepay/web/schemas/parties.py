"""Schemas of merchants, terminals, customers, keys and credentials."""

from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from facepay.domain.customer import PublicKey
from facepay.usecases.authentication.credentials import Credentials
from facepay.web.schemas.fields import Jws, Shape, SixDigits, Text, password


class PublicJwk(Shape):
    """A P-256 public key as a JWK (RFC 7517, RFC 7518 6.2.1); it refuses a private part."""

    kty = fields.String(required=True, validate=validate.Equal("EC"))
    crv = fields.String(required=True, validate=validate.Equal("P-256"))
    x = Text(required=True, min_length=43, max_length=43)
    y = Text(required=True, min_length=43, max_length=43)

    @post_load
    def to_key(self, members: dict[str, Any], **_: Any) -> PublicKey:
        try:
            key = ECKey.import_key(members)
            pem = key.as_pem(private=False).decode()
        except (JoseError, ValueError, TypeError) as error:
            raise ValidationError(
                "The coordinates are not a point of P-256. Send a valid public key."
            ) from error
        return PublicKey(key.thumbprint(), pem)


class NewParty(Shape):
    name = Text(required=True, max_length=100)
    public_key = fields.Nested(PublicJwk, required=True)


class NewTerminal(NewParty):
    """A terminal. Its `city` lets the customer's activity flag a payment in a new city."""

    city = Text(max_length=100, load_default=None, allow_none=True)


class NewCustomer(Shape):
    alias = Text(required=True, max_length=100)
    password = password(required=True)
    public_key = fields.Nested(PublicJwk, required=True)


class RegisteredParty(Shape):
    id = fields.String(required=True)
    keyid = fields.String(required=True)


def confirmation() -> Jws:
    """Return a field for a device key's signature over the payment or request it confirms."""
    return Jws(
        max_length=2048,
        load_only=True,
        metadata={"description": "A compact JWS signed by the customer's device key."},
    )


def recovery_code() -> Text:
    """Return a field for a recovery code, as a customer types it from paper."""
    return Text(max_length=32, load_only=True)


class CredentialsShape(Shape):
    """The customer's credentials; protocol.md says which ones each request needs."""

    password = password()
    code = SixDigits(load_only=True)
    confirmation = confirmation()
    recovery_code = recovery_code()

    @post_load
    def to_credentials(self, members: dict[str, Any], **_: Any) -> Credentials:
        return Credentials(**members)


class NewFactor(Shape):
    """A device key when `public_key` is given, otherwise a TOTP factor.

    A customer with an active factor also needs `code`, `confirmation` or `recovery_code`.
    """

    name = Text(required=True, max_length=100)
    public_key = fields.Nested(PublicJwk, load_default=None)
    password = password(required=True)
    code = SixDigits(load_only=True)
    confirmation = confirmation()
    recovery_code = recovery_code()

    @post_load
    def to_arguments(self, members: dict[str, Any], **_: Any) -> dict[str, Any]:
        name, key = members.pop("name"), members.pop("public_key")
        return {"name": name, "key": key, "credentials": Credentials(**members)}


class SecondFactorShape(Shape):
    """A second factor: either a one-time code or a device key's signature, not both."""

    code = SixDigits(load_only=True)
    confirmation = confirmation()

    @validates_schema
    def require_exactly_one(self, members: dict[str, Any], **_: Any) -> None:
        if ("code" in members) == ("confirmation" in members):
            raise ValidationError("Send exactly one of code and confirmation.", "code")

    @post_load
    def to_credentials(self, members: dict[str, Any], **_: Any) -> Any:
        return Credentials(**members)


class Factor(Shape):
    """A second factor. `secret`, `uri` and `qr` are shown while a TOTP factor is pending."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    state = fields.String(required=True)
    created_at = fields.String(required=True)
    secret = fields.String(allow_none=True)
    uri = fields.String(allow_none=True)
    qr = fields.String(
        allow_none=True,
        metadata={"description": "The QR code of `uri`: an SVG picture in a data URI."},
    )


class Factors(Shape):
    second_factors = fields.List(fields.Nested(Factor), required=True)


class FactorName(Shape):
    name = Text(required=True, max_length=100)


class NewPassword(CredentialsShape):
    """The new password, with the current password and a second factor."""

    new_password = password(required=True)

    @post_load
    def to_credentials(self, members: dict[str, Any], **_: Any) -> Any:
        new_password = members.pop("new_password")
        return {"new_password": new_password, "credentials": Credentials(**members)}


class ForgottenPassword(Shape):
    recovery_code = Text(required=True, max_length=32, load_only=True)
    new_password = password(required=True)


class PasswordChanged(Shape):
    changed_at = fields.String(required=True)


class RecoveryCodes(Shape):
    """A set of recovery codes. A retry of the request returns `codes: null`."""

    id = fields.String(required=True)
    codes = fields.List(fields.String(), allow_none=True, required=True)


class NewDuressCode(Shape):
    """A duress code: six digits, other than those the customer's authenticator shows now."""

    password = password(required=True)
    code = SixDigits(required=True, load_only=True)
    duress_code = SixDigits(required=True, load_only=True)


class Done(Shape):
    status = fields.String(required=True)
