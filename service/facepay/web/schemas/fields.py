"""Field types of the protocol, each with its bounds, and the base of all schemas."""

import re
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Shape(Schema):
    """The base of every schema; it refuses fields that are not declared."""

    class Meta:
        unknown = RAISE


class Text(fields.String):
    """A line of valid Unicode text without control characters; lengths are in characters."""

    def __init__(self, *, max_length: int, min_length: int = 1, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(min=min_length, max=max_length), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if _CONTROL.search(text):
            raise ValidationError("Remove control characters, such as line breaks.")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValidationError("Send valid Unicode, without lone surrogates.") from error
        return text


class StrictInteger(fields.Integer):
    """A JSON integer within bounds; it refuses strings, floats and booleans."""

    def __init__(self, *, minimum: int, maximum: int, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(min=minimum, max=maximum), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if type(value) is not int:
            raise ValidationError("Send a JSON integer.")
        return int(value)


class StrictBoolean(fields.Boolean):
    """A JSON boolean; it refuses numbers and strings such as 1 and "true"."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if type(value) is not bool:
            raise ValidationError("Send true or false.")
        return value


class SixDigits(fields.String):
    """A code of six ASCII digits, the length of a one-time code (RFC 6238, RFC 4226 5.3)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            validate=validate.Regexp(r"[0-9]{6}\Z", error="Send exactly six digits."), **kwargs
        )


class Jws(fields.String):
    """A compact JWS (RFC 7515 7.1): three parts in base64url, at most `max_length` characters."""

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        part = "[A-Za-z0-9_-]+"
        check = [
            validate.Length(max=max_length),
            validate.Regexp(
                rf"{part}\.{part}\.{part}\Z",
                error="Send a compact JWS: three parts in base64url, joined by dots.",
            ),
        ]
        super().__init__(validate=check, **kwargs)


class Id(fields.String):
    """One of facepay's identifiers; `what` names it in the error, as in "a terminal's id"."""

    def __init__(self, prefix: str, what: str, **kwargs: Any) -> None:
        check = validate.Regexp(
            rf"{prefix}[0-9a-f]{{32}}\Z",
            error=f"Send {what}: {prefix} and 32 lower-case hexadecimal digits.",
        )
        super().__init__(validate=check, **kwargs)


class Sha256(fields.String):
    """A SHA-256 hash as 64 hexadecimal digits in either case."""

    def __init__(self, **kwargs: Any) -> None:
        check = validate.Regexp(r"[0-9a-fA-F]{64}\Z", error="Send 64 hexadecimal digits.")
        super().__init__(validate=check, **kwargs)


def password(**kwargs: Any) -> Text:
    """Return a field for a password of 8 to 128 characters in any script.

    There are no composition rules (NIST SP 800-63B-4 3.1.1.2).
    """
    return Text(min_length=8, max_length=128, load_only=True, **kwargs)
