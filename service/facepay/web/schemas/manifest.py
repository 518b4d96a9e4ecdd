"""Schemas of the manifest that the capturing device signs: header and payload of its JWS."""

from typing import Any

from marshmallow import fields, post_load, validate

from facepay.domain.attestation import Evidence, Health
from facepay.domain.capture import MAX_FRAMES
from facepay.domain.challenge import Colour
from facepay.domain.manifest import TYP, Camera, Facing, FrameRecord, Manifest
from facepay.web.schemas.fields import Shape, StrictBoolean, StrictInteger, Text

A_DAY_MS = 24 * 3600 * 1000
MAX_EVIDENCE_LENGTH = 16 * 1024
MIN_SIDE, MAX_SIDE = 240, 1920  # pixels


class HeaderShape(Shape):
    """The protected header; `kid` is the RFC 7638 thumbprint of the device's key."""

    alg = fields.String(required=True, validate=validate.Equal("ES256"))
    typ = fields.String(required=True, validate=validate.Equal(TYP))
    kid = Text(required=True, min_length=43, max_length=43)


class CameraShape(Shape):
    id = Text(required=True, max_length=128)
    facing = fields.Enum(Facing, by_value=True, required=True)

    @post_load
    def to_camera(self, members: dict[str, Any], **_: Any) -> Camera:
        return Camera(**members)


class HealthShape(Shape):
    """The platform's report on the device; null where the platform does not report."""

    rooted = StrictBoolean(required=True, allow_none=True)
    virtual_camera = StrictBoolean(required=True, allow_none=True)
    debugger = StrictBoolean(required=True, allow_none=True)

    @post_load
    def to_health(self, members: dict[str, Any], **_: Any) -> Health:
        return Health(**members)


class EvidenceShape(Shape):
    """Evidence that a platform signs about the device; protocol.md lists the formats."""

    format = Text(required=True, max_length=64)
    evidence = Text(required=True, max_length=MAX_EVIDENCE_LENGTH)

    @post_load
    def to_evidence(self, members: dict[str, Any], **_: Any) -> Evidence:
        return Evidence(**members)


class FrameShape(Shape):
    """One frame's record. `step` is 0 while the payer holds still and n during step n.

    `previous` is the SHA-256 of the record before it, as canonical JSON; empty for the first.
    """

    index = StrictInteger(required=True, minimum=0, maximum=MAX_FRAMES - 1)
    sha256 = fields.String(
        required=True,
        validate=validate.Regexp(r"[0-9a-f]{64}\Z", error="Send 64 lower-case hexadecimal digits."),
    )
    monotonic_ms = StrictInteger(required=True, minimum=0, maximum=365 * A_DAY_MS)
    step = StrictInteger(required=True, minimum=0, maximum=8)
    colour = fields.Enum(Colour, by_value=True, required=True, allow_none=True)
    previous = fields.String(
        required=True,
        validate=validate.Regexp(
            r"([0-9a-f]{64})?\Z", error="Send 64 lower-case hexadecimal digits, or an empty text."
        ),
    )

    @post_load
    def to_record(self, members: dict[str, Any], **_: Any) -> FrameRecord:
        return FrameRecord(**members)


class ManifestShape(Shape):
    """The payload of the compact JWS that the form field `manifest` carries."""

    capture_id = Text(required=True, max_length=64)
    nonce = Text(required=True, max_length=128)
    sdk_version = Text(required=True, max_length=64)
    mirrored = StrictBoolean(required=True)
    camera = fields.Nested(CameraShape, required=True)
    width = StrictInteger(required=True, minimum=MIN_SIDE, maximum=MAX_SIDE)
    height = StrictInteger(required=True, minimum=MIN_SIDE, maximum=MAX_SIDE)
    exposure_locked = StrictBoolean(required=True)
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
