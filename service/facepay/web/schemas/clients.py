"""Schemas of client keys: devices of customers, keys of terminals and merchants, suspensions."""

from datetime import timedelta
from typing import Any

from marshmallow import fields, post_load

from facepay.domain.standing import ALONE_AT_MOST
from facepay.usecases.authentication.credentials import Credentials
from facepay.web.schemas.fields import Id, Shape, SixDigits, StrictInteger, Text, password
from facepay.web.schemas.parties import PublicJwk, confirmation, recovery_code

_LONGEST = int(ALONE_AT_MOST.total_seconds() // 60)


class NewKey(Shape):
    """The public part of a new key; the client that makes it keeps the private part."""

    public_key = fields.Nested(PublicJwk, required=True)


class NewDevice(NewKey):
    """A further device of a customer, with the customer's password and a second factor."""

    name = Text(required=True, max_length=100)
    password = password(required=True)
    code = SixDigits(load_only=True)
    confirmation = confirmation()
    recovery_code = recovery_code()

    @post_load
    def to_arguments(self, members: dict[str, Any], **_: Any) -> dict[str, Any]:
        name, key = members.pop("name"), members.pop("public_key")
        return {"name": name, "key": key, "credentials": Credentials(**members)}


class Device(Shape):
    """A device. `name` is null for the one that the operator registered with the customer."""

    keyid = fields.String(required=True)
    name = fields.String(allow_none=True, required=True)
    created_at = fields.String(required=True)
    withdrawn_at = fields.String(allow_none=True, required=True)


class Devices(Shape):
    devices = fields.List(fields.Nested(Device), required=True)


class TerminalsPage(Shape):
    """The place where a page begins: `after` is the id of the last terminal on the page before."""

    after = Id("term_", "a terminal's id", load_default=None)


class Terminal(Shape):
    """A terminal. `keyids` are its keys in force; there is none once they are withdrawn."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    city = fields.String(allow_none=True, required=True)
    created_at = fields.String(required=True)
    suspended = fields.Boolean(required=True)
    keyids = fields.List(fields.String(), required=True)


class Terminals(Shape):
    terminals = fields.List(fields.Nested(Terminal), required=True)


class NewSuspension(Shape):
    """The length of a suspension by one operator."""

    minutes = StrictInteger(minimum=1, maximum=_LONGEST, load_default=_LONGEST)

    @post_load
    def to_length(self, members: dict[str, Any], **_: Any) -> timedelta:
        return timedelta(minutes=members["minutes"])


class Suspension(Shape):
    id = fields.String(required=True)
    suspended_at = fields.String(required=True)
    suspended_until = fields.String(required=True)
