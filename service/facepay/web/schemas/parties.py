"""Clients, merchants, terminals, customers and their factors."""

from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from facepay.domain.customer import PublicKey
from facepay.usecases.authentication.credentials import Credentials
from facepay.web.schemas.fields import Digits, Jws, Shape, Text, password


class PublicJwk(Shape):
    """A P-256 public key as a JWK (RFC 7517, RFC 7518 6.2.1). A private part is refused."""

    kty = fields.String(required=True, validate=validate.Equal("EC"))
    crv = fields.String(required=True, validate=validate.Equal("P-256"))
    x = Text(required=True, shortest=43, longest=43)
    y = Text(required=True, shortest=43, longest=43)

    @post_load
    def to_key(self, members: dict[str, Any], **_: Any) -> PublicKey:
        try:
            key = ECKey.import_key(members)
            pem = key.as_pem(private=False).decode()
        except (JoseError, ValueError, TypeError) as error:
            raise ValidationError("Not a point of P-256.") from error
        return PublicKey(key.thumbprint(), pem)


class NewParty(Shape):
    name = Text(required=True, longest=100)
    public_key = fields.Nested(PublicJwk, required=True)


class NewTerminal(NewParty):
    """`city` is for the owner of a face, who is told of uses in another one."""

    city = Text(longest=100, load_default=None, allow_none=True)


class NewCustomer(Shape):
    alias = Text(required=True, longest=100)
    password = password(required=True)
    public_key = fields.Nested(PublicJwk, required=True)


class RegisteredParty(Shape):
    id = fields.String(required=True)
    keyid = fields.String(required=True)


def confirmation() -> Jws:
    """A device key's signature over what it confirms."""
    return Jws(longest=2048, load_only=True, metadata={"description": "compact JWS of a device"})


def recovery_code() -> Text:
    """One of ten, as it is read from paper."""
    return Text(longest=32, load_only=True)


class CredentialsShape(Shape):
    """Any of what the customer knows or has; which of it is needed depends on the door."""

    password = password()
    code = Digits(load_only=True)
    confirmation = confirmation()
    recovery_code = recovery_code()

    @post_load
    def to_credentials(self, members: dict[str, Any], **_: Any) -> Credentials:
        return Credentials(**members)


class NewFactor(Shape):
    """A device key where there is a `public_key`, otherwise a one-time code.

    `code`, `confirmation` or `recovery_code` is needed when a factor is active already.
    """

    name = Text(required=True, longest=100)
    public_key = fields.Nested(PublicJwk, load_default=None)
    password = password(required=True)
    code = Digits(load_only=True)
    confirmation = confirmation()
    recovery_code = recovery_code()

    @post_load
    def with_credentials(self, members: dict[str, Any], **_: Any) -> dict[str, Any]:
        name, key = members.pop("name"), members.pop("public_key")
        return {"name": name, "key": key, "credentials": Credentials(**members)}


class SecondFactorShape(Shape):
    """Exactly one of a one-time code and a device key's signature."""

    code = Digits(load_only=True)
    confirmation = confirmation()

    @validates_schema
    def one_of_both(self, members: dict[str, Any], **_: Any) -> None:
        if ("code" in members) == ("confirmation" in members):
            raise ValidationError("Exactly one of code and confirmation.", "code")

    @post_load
    def to_credentials(self, members: dict[str, Any], **_: Any) -> Any:
        return Credentials(**members)


class Factor(Shape):
    """`secret`, `uri` and `qr` are there while a one-time code is pending, and never again."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    state = fields.String(required=True)
    created_at = fields.String(required=True)
    secret = fields.String(allow_none=True)
    uri = fields.String(allow_none=True)
    qr = fields.String(allow_none=True, metadata={"description": "SVG as a data URI"})


class Factors(Shape):
    second_factors = fields.List(fields.Nested(Factor), required=True)


class FactorName(Shape):
    name = Text(required=True, longest=100)


class NewPassword(CredentialsShape):
    """The password in force and a second factor, for a new password."""

    new_password = password(required=True)

    @post_load
    def to_credentials(self, members: dict[str, Any], **_: Any) -> Any:
        new_password = members.pop("new_password")
        return {"new_password": new_password, "credentials": Credentials(**members)}


class ForgottenPassword(Shape):
    recovery_code = Text(required=True, longest=32, load_only=True)
    new_password = password(required=True)


class PasswordChanged(Shape):
    changed_at = fields.String(required=True)


class RecoveryCodes(Shape):
    """`codes` are told once: a repetition of the request hears null."""

    id = fields.String(required=True)
    codes = fields.List(fields.String(), allow_none=True, required=True)


class NewDuressCode(Shape):
    """`duress_code` has six digits like any other code, and is none that an authenticator shows."""

    password = password(required=True)
    code = Digits(required=True, load_only=True)
    duress_code = Digits(required=True, load_only=True)


class Done(Shape):
    status = fields.String(required=True)
