"""The few kinds of value the protocol knows, each with its bounds. Unknown fields are refused."""

import re
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Shape(Schema):
    """Base of every body: what is not declared is refused."""

    class Meta:
        unknown = RAISE


class Text(fields.String):
    """One line of Unicode without control characters or lone surrogates."""

    def __init__(self, *, longest: int, shortest: int = 1, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(min=shortest, max=longest), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if _CONTROL.search(text):
            raise ValidationError("Control characters are not taken.")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValidationError("Not valid Unicode.") from error
        return text


class Whole(fields.Integer):
    """A JSON integer: neither a string that looks like one, nor a float, nor true."""

    def __init__(self, *, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(min=least, max=most), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if type(value) is not int:
            raise ValidationError("Not a valid integer.")
        return int(value)


class Truth(fields.Boolean):
    """A JSON boolean: neither 1 nor "true"."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if type(value) is not bool:
            raise ValidationError("Not a valid boolean.")
        return value


class Digits(fields.String):
    """A one-time code: six digits (RFC 6238 with the default length)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.Regexp(r"[0-9]{6}\Z", error="Six digits."), **kwargs)


class Jws(fields.String):
    """A compact JWS (RFC 7515): three parts in base64url."""

    def __init__(self, *, longest: int, **kwargs: Any) -> None:
        part = "[A-Za-z0-9_-]+"
        check = [
            validate.Length(max=longest),
            validate.Regexp(rf"{part}\.{part}\.{part}\Z", error="Not a compact JWS."),
        ]
        super().__init__(validate=check, **kwargs)


class Sha256(fields.String):
    """64 hexadecimal digits."""

    def __init__(self, **kwargs: Any) -> None:
        check = validate.Regexp(r"[0-9a-fA-F]{64}\Z", error="64 hexadecimal digits.")
        super().__init__(validate=check, **kwargs)


def password(**kwargs: Any) -> Text:
    """8 to 128 characters, any script (NIST SP 800-63B-4 3.1.1.2: no composition rules)."""
    return Text(shortest=8, longest=128, load_only=True, **kwargs)
