"""Schemas of notices, consents, enrolments, captures and deletion receipts."""

from marshmallow import fields

from facepay.domain.challenge import Profile
from facepay.domain.consent import ConsentPurpose
from facepay.web.schemas.fields import Sha256, Shape, Text


class Notice(Shape):
    version = fields.String(required=True)
    text = fields.String(required=True)
    sha256 = fields.String(required=True)


class NewConsent(Shape):
    """Consent to one purpose under one notice.

    Every consent expires. `expires_at` may bring the policy's default expiry forward, not back.
    """

    purpose = fields.Enum(ConsentPurpose, by_value=True, required=True)
    notice_version = Text(required=True, max_length=100)
    notice_sha256 = Sha256(required=True)
    expires_at = fields.AwareDateTime(format="iso", load_default=None, allow_none=True)


class Consent(Shape):
    id = fields.String(required=True)
    purpose = fields.String(required=True)
    notice_version = fields.String(required=True)
    notice_sha256 = fields.String(required=True)
    granted_at = fields.String(required=True)
    expires_at = fields.String(required=True)
    withdrawn_at = fields.String(allow_none=True, required=True)


class Enrolment(Shape):
    id = fields.String(required=True)
    state = fields.String(required=True)
    created_at = fields.String(required=True)
    revoked_at = fields.String(allow_none=True, required=True)
    key_destroyed = fields.Boolean(
        required=True,
        metadata={
            "description": "True once the key is destroyed: no copy of the template can be opened."
        },
    )


class Enrolments(Shape):
    enrolments = fields.List(fields.Nested(Enrolment), required=True)


class DeletionReceipt(Shape):
    deletion_receipt = fields.String(
        required=True,
        metadata={"description": "A compact JWS (ES256). See 'Deletion receipts' in protocol.md."},
    )


class NewCapture(Shape):
    """A capture to open. `profile` names the challenge that suits what the payer can do."""

    profile = fields.Enum(Profile, by_value=True, load_default=Profile.STANDARD)


class PayerClaim(NewCapture):
    """The payer whose face is compared; facepay compares 1:1 and never searches."""

    payer = Text(required=True, max_length=100)


class ReservedCapture(Shape):
    """An opened capture. Show the instructions now; beginning it draws the challenge."""

    id = fields.String(required=True)
    purpose = fields.String(required=True)
    profile = fields.String(required=True)
    begin_by = fields.String(required=True)


class Light(Shape):
    """The colours for the screen to show, each for `slot_ms` milliseconds, repeated in a loop.

    Begin a quarter of `slot_ms` before the first frame. An empty list asks for no light.
    """

    slot_ms = fields.Integer(required=True)
    colours = fields.List(fields.String(), required=True)


class Challenge(Shape):
    """The challenge. `steps` follow the hold; left and right are the payer's own."""

    profile = fields.String(required=True)
    steps = fields.List(fields.String(), required=True)
    light = fields.Nested(Light, required=True)


class Capture(Shape):
    id = fields.String(required=True)
    purpose = fields.String(required=True)
    nonce = fields.String(required=True)
    challenge = fields.Nested(Challenge, required=True)
    max_frames = fields.Integer(required=True)
    deadline = fields.String(required=True)
