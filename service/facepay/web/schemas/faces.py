"""Consents, enrolments and captures."""

from marshmallow import fields

from facepay.domain.challenge import Profile
from facepay.domain.consent import ConsentPurpose
from facepay.web.schemas.fields import Sha256, Shape, Text


class Notice(Shape):
    version = fields.String(required=True)
    text = fields.String(required=True)
    sha256 = fields.String(required=True)


class NewConsent(Shape):
    """Consent to one purpose under one notice. It always ends, at the latest after the default."""

    purpose = fields.Enum(ConsentPurpose, by_value=True, required=True)
    notice_version = Text(required=True, longest=100)
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
        required=True, metadata={"description": "nothing can open the template any more"}
    )


class Enrolments(Shape):
    enrolments = fields.List(fields.Nested(Enrolment), required=True)


class DeletionReceipt(Shape):
    deletion_receipt = fields.String(
        required=True, metadata={"description": "JWS (ES256), see protocol.md"}
    )


class NewCapture(Shape):
    """`profile`: what this payer can do, when it is not everything."""

    profile = fields.Enum(Profile, by_value=True, load_default=Profile.STANDARD)


class PayerClaim(NewCapture):
    """Whose face is to be compared: facepay compares 1:1 and never searches."""

    payer = Text(required=True, longest=100)


class ReservedCapture(Shape):
    """Show the instructions now; what will be asked is drawn when the capture is begun."""

    id = fields.String(required=True)
    purpose = fields.String(required=True)
    profile = fields.String(required=True)
    begin_by = fields.String(required=True)


class Light(Shape):
    """Show each colour for `slot_ms`, again and again; begin a quarter of that before the first
    frame. None: nothing.
    """

    slot_ms = fields.Integer(required=True)
    colours = fields.List(fields.String(), required=True)


class Challenge(Shape):
    """`steps` follow the hold, in the payer's own left and right."""

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
