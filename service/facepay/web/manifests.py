"""Read a manifest: a compact JWS (RFC 7515) with one header and one payload that we know.

Read strictly, before anybody's key is asked: the characters of base64url alone, JSON without
members that come twice, nothing undeclared. Whether the signature holds is for the use case to say,
which knows whose it must be.
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

LONGEST = 48 * 1024
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\Z")


def parse_manifest(text: str) -> SignedManifest:
    """Raises BodyTooLarge, MalformedRequest, InvalidRequest."""
    if len(text) > LONGEST:
        raise BodyTooLarge(f"a manifest has {LONGEST // 1024} KiB at most", param="manifest")
    parts = _COMPACT.match(text)
    if parts is None:
        raise MalformedRequest("the manifest is not a compact JWS", param="manifest")
    header = _loaded(HeaderShape(), parts[1])
    return SignedManifest(text, header["kid"], _loaded(ManifestShape(), parts[2]))


def _loaded(shape: Schema, encoded: str) -> Any:
    try:
        raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        content = json.loads(raw, object_pairs_hook=_each_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise MalformedRequest("the manifest is not JSON in a JWS", param="manifest") from None
    try:
        return shape.load(content)
    except ValidationError as error:
        param, detail = first_message(error.messages)
        raise InvalidRequest(detail, param=f"manifest.{param}") from None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Which of two members counts is for every reader to choose: there must be one."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member comes twice")
    return members


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
