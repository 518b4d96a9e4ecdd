"""Notices, consents, enrolments, captures and deletion receipts of a customer's face."""

from typing import Any

from flask_smorest import Blueprint

from facepay.domain.customer import Role
from facepay.domain.policy import Notice
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.begin_capture import begin_capture
from facepay.usecases.consents.grant import grant_consent
from facepay.usecases.consents.withdraw import withdraw_consent
from facepay.usecases.faces.deletion_receipt import read_deletion_receipt
from facepay.usecases.faces.enrol import begin_enrolment
from facepay.usecases.faces.list_enrolments import list_enrolments
from facepay.usecases.faces.lock import lock_face, unlock_face
from facepay.usecases.faces.revoke import revoke_face
from facepay.usecases.open_capture import open_enrolment_capture
from facepay.usecases.receive_frames import receive_frames
from facepay.usecases.responses import (
    CaptureAnswer,
    ConsentAnswer,
    EnrolmentAnswer,
    FramesAnswer,
    ReservedAnswer,
)
from facepay.web.access import caller, command, deps, public, signed_by, takes_frames
from facepay.web.frames import parse_frames
from facepay.web.schemas import faces as shapes
from facepay.web.schemas.parties import CredentialsShape
from facepay.web.schemas.payments import FramesAccepted

faces = Blueprint("faces", __name__, url_prefix="/v1", description=__doc__)


@faces.get("/notices/current")
@faces.response(200, shapes.Notice)
@public
def read_notice() -> Notice:
    """Read the notice that customers consent to, with its hash."""
    return deps().policy.notice


@faces.post("/consents")
@faces.arguments(shapes.NewConsent)
@faces.response(201, shapes.Consent)
@signed_by(Role.CUSTOMER)
def create_consent(new: dict[str, Any]) -> ConsentAnswer:
    """Grant a separate consent to pay by face, for a limited time."""
    return grant_consent(deps(), command(), **new)


@faces.post("/consents/<id:consent_id>/withdraw")
@faces.response(200, shapes.Consent)
@signed_by(Role.CUSTOMER)
def end_consent(consent_id: str) -> ConsentAnswer:
    """Withdraw a consent; the face enrolled under it is revoked and its key destroyed."""
    return withdraw_consent(deps(), command(), consent_id)


@faces.post("/enrolments")
@faces.arguments(CredentialsShape)
@faces.response(201, shapes.Enrolment)
@signed_by(Role.CUSTOMER)
def create_enrolment(credentials: Credentials) -> EnrolmentAnswer:
    """Begin to enrol a face, with password and second factor."""
    return begin_enrolment(deps(), command(), credentials)


@faces.post("/enrolments/<id:enrolment_id>/captures")
@faces.arguments(shapes.NewCapture)
@faces.response(201, shapes.ReservedCapture)
@signed_by(Role.CUSTOMER)
def create_enrolment_capture(new: dict[str, Any], enrolment_id: str) -> ReservedAnswer:
    """Open a capture for an enrolment; begin it within 5 minutes."""
    return open_enrolment_capture(deps(), command(), enrolment_id, new["profile"])


@faces.post("/enrolments/<id:enrolment_id>/revoke")
@faces.arguments(CredentialsShape)
@faces.response(200, shapes.Enrolment)
@signed_by(Role.CUSTOMER)
def revoke_enrolment(credentials: Credentials, enrolment_id: str) -> EnrolmentAnswer:
    """Revoke the face at once and for good, with any one credential."""
    return revoke_face(deps(), command(), enrolment_id, credentials)


@faces.post("/enrolments/<id:enrolment_id>/lock")
@faces.arguments(CredentialsShape)
@faces.response(200, shapes.Enrolment)
@signed_by(Role.CUSTOMER)
def lock_enrolment(credentials: Credentials, enrolment_id: str) -> EnrolmentAnswer:
    """Lock the face at once, with any one credential; it pays nothing until it is unlocked."""
    return lock_face(deps(), command(), enrolment_id, credentials)


@faces.post("/enrolments/<id:enrolment_id>/unlock")
@faces.arguments(CredentialsShape)
@faces.response(200, shapes.Enrolment)
@signed_by(Role.CUSTOMER)
def unlock_enrolment(credentials: Credentials, enrolment_id: str) -> EnrolmentAnswer:
    """Unlock the face, with password and second factor; the face itself never unlocks it."""
    return unlock_face(deps(), command(), enrolment_id, credentials)


@faces.get("/enrolments")
@faces.response(200, shapes.Enrolments)
@signed_by(Role.CUSTOMER)
def get_enrolments() -> dict[str, Any]:
    """List the caller's enrolments, newest first."""
    return {"enrolments": list_enrolments(deps(), caller())}


@faces.get("/enrolments/<id:enrolment_id>/deletion_receipt")
@faces.response(200, shapes.DeletionReceipt)
@signed_by(Role.CUSTOMER)
def get_deletion_receipt(enrolment_id: str) -> dict[str, str]:
    """Read the signed receipt of a revocation: what was destroyed, and the log's leaves on it."""
    return {"deletion_receipt": read_deletion_receipt(deps(), caller(), enrolment_id)}


@faces.post("/captures/<id:capture_id>/begin")
@faces.response(200, shapes.Capture)
@signed_by(Role.TERMINAL, Role.CUSTOMER)
def start_capture(capture_id: str) -> CaptureAnswer:
    """Begin a capture once the payer is ready; returns a challenge and a nonce for 60 seconds."""
    return begin_capture(deps(), command(), capture_id)


@faces.post("/captures/<id:capture_id>/frames")
@faces.response(200, FramesAccepted)
@takes_frames
@signed_by(Role.TERMINAL, Role.CUSTOMER)
def send_frames(capture_id: str) -> FramesAnswer:
    """Send the frames of a capture with their signed manifest, once."""
    return receive_frames(deps(), command(), parse_frames(capture_id))
