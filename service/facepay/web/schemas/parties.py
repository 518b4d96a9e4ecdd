"""Clients, merchants, terminals, customers and their factors."""

from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from facepay.usecases.prove import Proof
from facepay.usecases.register import PublicKey
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


class ProofShape(Shape):
    """Any of what the customer knows or has; which of it is needed depends on the door."""

    password = password()
    code = Digits(load_only=True)
    confirmation = confirmation()

    @post_load
    def to_proof(self, members: dict[str, Any], **_: Any) -> Proof:
        return Proof(**members)


class NewFactor(Shape):
    """A device key where there is a `public_key`, otherwise a one-time code.

    `code` or `confirmation` is needed when a factor is active already.
    """

    name = Text(required=True, longest=100)
    public_key = fields.Nested(PublicJwk, load_default=None)
    password = password(required=True)
    code = Digits(load_only=True)
    confirmation = confirmation()

    @post_load
    def with_proof(self, members: dict[str, Any], **_: Any) -> dict[str, Any]:
        name, key = members.pop("name"), members.pop("public_key")
        return {"name": name, "key": key, "proof": Proof(**members)}


class SecondFactorShape(Shape):
    """Exactly one of a one-time code and a device key's signature."""

    code = Digits(load_only=True)
    confirmation = confirmation()

    @validates_schema
    def one_of_both(self, members: dict[str, Any], **_: Any) -> None:
        if ("code" in members) == ("confirmation" in members):
            raise ValidationError("Exactly one of code and confirmation.", "code")

    @post_load
    def to_proof(self, members: dict[str, Any], **_: Any) -> Any:
        return Proof(**members)


class Factor(Shape):
    """`secret` and `uri` are there while the factor is pending, and never again."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    state = fields.String(required=True)
    secret = fields.String(allow_none=True)
    uri = fields.String(allow_none=True)


class NewDuressCode(Shape):
    """`duress_code` has six digits like any other code, and is none that an authenticator shows."""

    password = password(required=True)
    code = Digits(required=True, load_only=True)
    duress_code = Digits(required=True, load_only=True)


class Done(Shape):
    status = fields.String(required=True)
