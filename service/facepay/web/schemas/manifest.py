"""The manifest as the capturing device signs it: header and payload of its JWS."""

from typing import Any

from marshmallow import fields, post_load, validate

from facepay.domain.attestation import Evidence, Health
from facepay.domain.capture import MAX_FRAMES
from facepay.domain.challenge import Colour
from facepay.domain.manifest import TYP, Camera, Facing, FrameRecord, Manifest
from facepay.web.schemas.fields import Shape, Text, Truth, Whole

A_DAY_MS = 24 * 3600 * 1000
LONGEST_EVIDENCE = 16 * 1024
LEAST_SIDE, LONGEST_SIDE = 240, 1920


class HeaderShape(Shape):
    """The protected header, and nothing beside it. `kid`: RFC 7638 thumbprint of the key."""

    alg = fields.String(required=True, validate=validate.Equal("ES256"))
    typ = fields.String(required=True, validate=validate.Equal(TYP))
    kid = Text(required=True, shortest=43, longest=43)


class CameraShape(Shape):
    id = Text(required=True, longest=128)
    facing = fields.Enum(Facing, by_value=True, required=True)

    @post_load
    def to_camera(self, members: dict[str, Any], **_: Any) -> Camera:
        return Camera(**members)


class HealthShape(Shape):
    """What the platform tells of the device; null where it does not."""

    rooted = Truth(required=True, allow_none=True)
    virtual_camera = Truth(required=True, allow_none=True)
    debugger = Truth(required=True, allow_none=True)

    @post_load
    def to_health(self, members: dict[str, Any], **_: Any) -> Health:
        return Health(**members)


class EvidenceShape(Shape):
    """What a platform says of the device; the formats are in protocol.md."""

    format = Text(required=True, longest=64)
    evidence = Text(required=True, longest=LONGEST_EVIDENCE)

    @post_load
    def to_evidence(self, members: dict[str, Any], **_: Any) -> Evidence:
        return Evidence(**members)


class FrameShape(Shape):
    """`step` is 0 while the payer holds still and n during step n of the challenge.

    `previous` is the SHA-256 of the record before, as canonical JSON; empty for the first.
    """

    index = Whole(required=True, least=0, most=MAX_FRAMES - 1)
    sha256 = fields.String(
        required=True,
        validate=validate.Regexp(r"[0-9a-f]{64}\Z", error="64 lower-case hexadecimal digits."),
    )
    monotonic_ms = Whole(required=True, least=0, most=365 * A_DAY_MS)
    step = Whole(required=True, least=0, most=8)
    colour = fields.Enum(Colour, by_value=True, required=True, allow_none=True)
    previous = fields.String(
        required=True,
        validate=validate.Regexp(
            r"([0-9a-f]{64})?\Z", error="64 lower-case hexadecimal digits, or empty."
        ),
    )

    @post_load
    def to_record(self, members: dict[str, Any], **_: Any) -> FrameRecord:
        return FrameRecord(**members)


class ManifestShape(Shape):
    """The payload of the compact JWS that travels as the form field `manifest`."""

    capture_id = Text(required=True, longest=64)
    nonce = Text(required=True, longest=128)
    sdk_version = Text(required=True, longest=64)
    mirrored = Truth(required=True)
    camera = fields.Nested(CameraShape, required=True)
    width = Whole(required=True, least=LEAST_SIDE, most=LONGEST_SIDE)
    height = Whole(required=True, least=LEAST_SIDE, most=LONGEST_SIDE)
    exposure_locked = Truth(required=True)
    health = fields.Nested(HealthShape, required=True)
    attestation = fields.Nested(EvidenceShape, required=True, allow_none=True)
    frames = fields.List(
        fields.Nested(FrameShape),
        required=True,
        validate=validate.Length(min=1, max=MAX_FRAMES),
    )

    @post_load
    def to_manifest(self, members: dict[str, Any], **_: Any) -> Manifest:
        return Manifest(**{**members, "frames": tuple(members["frames"])})
