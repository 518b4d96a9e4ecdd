"""The steps of the demo in order, each with its expected result."""

from collections.abc import Callable

from facepay_rehearsal.demo import (
    attack_steps,
    device_key_steps,
    duress_steps,
    final_steps,
    key_steps,
    payment_steps,
    revocation_steps,
    setup_steps,
)
from facepay_rehearsal.demo.steps import DemoRun, Step


def _step(act: Callable[[DemoRun], str], title: str, expected: str) -> Step:
    """Name the step after its function: `var/demo/report.json` has that name."""
    return Step(act.__name__, title, expected, act)


STEPS = (
    _step(
        setup_steps.openbao_ready,
        "OpenBao starts, is initialised and unsealed.",
        "initialised, unsealed",
    ),
    _step(
        setup_steps.service_ready,
        "The service accepts requests.",
        "ok",
    ),
    _step(
        setup_steps.customer_registered,
        "Grace is registered and confirms an authenticator.",
        "second factor active",
    ),
    _step(
        setup_steps.consent_granted,
        "Grace consents to pay by face.",
        "granted",
    ),
    _step(
        setup_steps.face_enrolled,
        "Grace enrols her face with her phone.",
        "active",
    ),
    _step(
        payment_steps.face_payment_approved,
        "Grace pays with her face and a one-time code.",
        "approved",
    ),
    _step(
        payment_steps.authorization_verified_offline,
        "The authorization is verified offline.",
        "verified",
    ),
    _step(
        payment_steps.wrong_face_declined,
        "Another face is declined, even with Grace's code.",
        "declined not_verified",
    ),
    _step(
        attack_steps.still_photo_refused,
        "A printed photo of Grace is refused.",
        "422 capture_refused",
    ),
    _step(
        attack_steps.screen_replay_refused,
        "A film of Grace on a screen is refused.",
        "422 capture_refused",
    ),
    _step(
        attack_steps.wrong_challenge_refused,
        "An earlier capture, injected again, is refused.",
        "422 capture_refused",
    ),
    _step(
        attack_steps.two_faces_refused,
        "A capture with a second face is refused.",
        "422 two_faces",
    ),
    _step(
        attack_steps.replayed_request_refused,
        "A signed request that is sent twice is refused.",
        "401 nonce_replayed",
    ),
    _step(
        attack_steps.tampered_amount_refused,
        "A changed amount breaks both signatures.",
        "401 signature_invalid; authorization does not verify",
    ),
    _step(
        payment_steps.totp_reuse_refused,
        "A one-time code pays only once.",
        "declined not_verified",
    ),
    _step(
        payment_steps.idempotent_retry_same_answer,
        "A retried request gets its first answer again.",
        "approved, same answer, approvals in the log: 1",
    ),
    _step(
        revocation_steps.lock_then_refused,
        "A locked face cannot pay.",
        "locked, 409 face_not_available",
    ),
    _step(
        revocation_steps.unlock_by_face_refused,
        "Showing the face does not unlock it.",
        "409 face_not_available, 409 wrong_state; by password and code: active",
    ),
    _step(
        duress_steps.duress_blocked_silently,
        "A duress code blocks the face unnoticed.",
        "declined not_verified, as a wrong code; a right code after it: declined not_verified",
    ),
    _step(
        revocation_steps.face_revoked,
        "Grace revokes her face; its key is destroyed.",
        "revoked, key destroyed",
    ),
    _step(
        revocation_steps.face_after_revocation_refused,
        "The revoked face cannot pay any more.",
        "409 face_not_available",
    ),
    _step(
        revocation_steps.deletion_receipt_verified,
        "The deletion receipt matches the audit log.",
        "verified: 1 template, 1 key, 1 capture stopped",
    ),
    _step(
        payment_steps.password_payment_approved,
        "The interrupted payment goes on by password.",
        "approved",
    ),
    _step(
        device_key_steps.device_key_payment_approved,
        "Grace pays with her password and her phone's key.",
        "approved",
    ),
    _step(
        device_key_steps.recovery_code_revokes,
        "A recovery code revokes a new face, once.",
        "revoked, key destroyed; 409 face_not_available; the code again: 403 credentials_rejected",
    ),
    _step(
        key_steps.stolen_terminal_key_withdrawn,
        "A stolen terminal's key is withdrawn by its merchant.",
        "keys left: 0; opens: 401 key_withdrawn; reads: 401 key_withdrawn",
    ),
    _step(
        final_steps.log_verified,
        "The audit log is complete and unchanged.",
        "verified",
    ),
    _step(
        final_steps.nothing_left_behind,
        "No file holds a frame or an embedding.",
        "clean",
    ),
)
