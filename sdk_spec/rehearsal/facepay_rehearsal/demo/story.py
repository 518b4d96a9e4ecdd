"""The story that a rehearsal tells: its steps in order, each with what must come of it."""

from facepay_rehearsal.demo.device_key_steps import (
    device_key_payment_approved,
    recovery_code_revokes,
)
from facepay_rehearsal.demo.duress_steps import duress_blocked_silently
from facepay_rehearsal.demo.revocation_steps import (
    deletion_receipt_verified,
    lock_then_refused,
    unlock_by_face_refused,
)
from facepay_rehearsal.demo.steps import Step, Walk

STEPS = (
    Step("openbao_ready", "initialised, unsealed", Walk.openbao_ready),
    Step("service_ready", "ok", Walk.service_ready),
    Step("customer_registered", "second factor active", Walk.customer_registered),
    Step("consent_granted", "granted", Walk.consent_granted),
    Step("face_enrolled", "active", Walk.face_enrolled),
    Step("face_payment_approved", "approved", Walk.face_payment_approved),
    Step("authorization_verified_offline", "verified", Walk.authorization_verified_offline),
    Step("wrong_face_declined", "declined not_verified", Walk.wrong_face_declined),
    Step("still_photo_refused", "422 capture_refused", Walk.still_photo_refused),
    Step("screen_replay_refused", "422 capture_refused", Walk.screen_replay_refused),
    Step("wrong_challenge_refused", "422 capture_refused", Walk.wrong_challenge_refused),
    Step("two_faces_refused", "422 two_faces", Walk.two_faces_refused),
    Step("replayed_request_refused", "401 nonce_replayed", Walk.replayed_request_refused),
    Step(
        "tampered_amount_refused",
        "401 signature_invalid; authorization does not verify",
        Walk.tampered_amount_refused,
    ),
    Step("totp_reuse_refused", "declined not_verified", Walk.totp_reuse_refused),
    Step(
        "idempotent_retry_same_answer",
        "approved, same answer, approvals in the log: 1",
        Walk.idempotent_retry_same_answer,
    ),
    Step("lock_then_refused", "locked, 409 face_not_available", lock_then_refused),
    Step(
        "unlock_by_face_refused",
        "409 face_not_available, 409 wrong_state; by password and code: active",
        unlock_by_face_refused,
    ),
    Step(
        "duress_blocked_silently",
        "declined not_verified, as a wrong code; a right code after it: declined not_verified",
        duress_blocked_silently,
    ),
    Step("face_revoked", "revoked, key destroyed", Walk.face_revoked),
    Step(
        "face_after_revocation_refused",
        "409 face_not_available",
        Walk.face_after_revocation_refused,
    ),
    Step(
        "deletion_receipt_verified",
        "verified: 1 template, 1 key, 1 capture stopped",
        deletion_receipt_verified,
    ),
    Step("password_payment_approved", "approved", Walk.password_payment_approved),
    Step("device_key_payment_approved", "approved", device_key_payment_approved),
    Step(
        "recovery_code_revokes",
        "revoked, key destroyed; 409 face_not_available; the code again: 403 credentials_rejected",
        recovery_code_revokes,
    ),
    Step("log_verified", "verified", Walk.log_verified),
    Step("nothing_left_behind", "clean", Walk.nothing_left_behind),
)
