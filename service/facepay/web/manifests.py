"""Parse the manifest of a capture: a compact JWS (RFC 7515) with one known header and payload.

Parsing is strict and comes before the signature check: only base64url characters, no JSON member
twice, no undeclared member. The use case verifies the signature, because only the use case knows
which device's key must have made it.
"""

import base64
import json
import re
from typing import Any

from marshmallow import Schema, ValidationError

from facepay.domain.errors import BodyTooLarge, InvalidRequest, MalformedRequest
from facepay.domain.manifest import SignedManifest
from facepay.web.problems import first_message
from facepay.web.schemas.manifest import HeaderShape, ManifestShape

MAX_LENGTH = 48 * 1024
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\Z")


def parse_manifest(text: str) -> SignedManifest:
    """Parse `text` into a manifest with its key id; its signature is not verified yet.

    Raises BodyTooLarge, MalformedRequest, InvalidRequest.
    """
    if len(text) > MAX_LENGTH:
        raise BodyTooLarge(
            f"Send a manifest of at most {MAX_LENGTH // 1024} KiB.", param="manifest"
        )
    parts = _COMPACT.match(text)
    if parts is None:
        raise MalformedRequest("The manifest is not a compact JWS.", param="manifest")
    header = _load(HeaderShape(), parts[1])
    return SignedManifest(text, header["kid"], _load(ManifestShape(), parts[2]))


def _load(shape: Schema, encoded: str) -> Any:
    try:
        raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        content = json.loads(
            raw, object_pairs_hook=_unique_members, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError):
        raise MalformedRequest(
            "The manifest's header or payload is not strict JSON.", param="manifest"
        ) from None
    try:
        return shape.load(content)
    except ValidationError as error:
        param, detail = first_message(error.messages)
        raise InvalidRequest(detail, param=f"manifest.{param}") from None


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object whose members are unique, because parsers disagree on which duplicate counts.

    Raises ValueError.
    """
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member comes twice")
    return members


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
