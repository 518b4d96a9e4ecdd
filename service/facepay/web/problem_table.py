# ruff: noqa: E501 - the texts are whole sentences
"""Made from sdk_spec/errors.yaml by `make generate`: what each error code means."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    code: str
    status: int
    retryable: bool
    user_action: str
    title: str
    meaning: str


# fmt: off
PROBLEMS: dict[str, Problem] = {
    "signature_missing": Problem(
        "signature_missing", 401, False, "none",
        "The request is not signed",
        "Every request but the published ones carries an RFC 9421 signature of a registered key.",
    ),
    "signature_invalid": Problem(
        "signature_invalid", 401, False, "none",
        "The signature does not hold",
        "The key is unknown or revoked, a required component is not covered, the body's digest differs, or the signature is wrong. Which of them is not told.",
    ),
    "signature_stale": Problem(
        "signature_stale", 401, True, "none",
        "The signature's time lies outside the window",
        "`created` must lie within 60 s of the service's clock. Set the client's clock and sign anew.",
    ),
    "nonce_replayed": Problem(
        "nonce_replayed", 401, True, "none",
        "This nonce was used before",
        "A signature's nonce is good for one request. Sign anew with a fresh nonce; keep the idempotency key.",
    ),
    "not_allowed": Problem(
        "not_allowed", 403, False, "none",
        "This client may not do that",
        "The key is known, but its role, or the state of its merchant or terminal, does not open this door.",
    ),
    "second_operator_needed": Problem(
        "second_operator_needed", 403, False, "none",
        "Another operator has to approve this",
        "Who asked for an action cannot approve it: it takes another operator, with another key, within the hour.",
    ),
    "credentials_rejected": Problem(
        "credentials_rejected", 403, False, "check_password_and_code",
        "What was presented does not prove it",
        "A password or code was wrong, already used, or is resting after too many failures. Which of them is not told. A one-time code counts once in its 30 s.",
    ),
    "form_expired": Problem(
        "form_expired", 403, False, "none",
        "This form does not belong to this visit",
        "On the customer's page alone: the form was left open too long, or was sent from another site. Nothing was changed; open the page again.",
    ),
    "not_found": Problem(
        "not_found", 404, False, "none",
        "There is no such thing here",
        "Unknown, or not yours: the two cannot be told apart.",
    ),
    "method_not_allowed": Problem(
        "method_not_allowed", 405, False, "none",
        "This address does not take that method",
        "See the OpenAPI description.",
    ),
    "already_exists": Problem(
        "already_exists", 409, False, "none",
        "This is registered already",
        "The alias or the key is taken.",
    ),
    "wrong_state": Problem(
        "wrong_state", 409, False, "none",
        "That cannot be done in this state",
        "Look at the resource: it has moved on, or is not there yet.",
    ),
    "face_not_available": Problem(
        "face_not_available", 409, False, "use_password",
        "Paying by face is not possible; the password is",
        "There is no active, consented, unrevoked face behind this claim, or no such payer. Which of them is not told.",
    ),
    "captures_used_up": Problem(
        "captures_used_up", 409, False, "use_password",
        "All captures of this attempt are used up",
        "A payment intent allows three captures. It can go on by password.",
    ),
    "deletion_pending": Problem(
        "deletion_pending", 409, True, "none",
        "The face is revoked, and its key is still to be destroyed",
        "The face pays nothing any more. The vault is away; the receipt comes once its key is gone: ask again later.",
    ),
    "idempotency_in_progress": Problem(
        "idempotency_in_progress", 409, True, "none",
        "The same request is still being worked on",
        "Ask again after a moment with the same idempotency key.",
    ),
    "idempotency_key_missing": Problem(
        "idempotency_key_missing", 400, False, "none",
        "A request that changes something needs an Idempotency-Key",
        "Send 1 to 255 printable ASCII characters, fresh for every change, the same for every retry of it.",
    ),
    "malformed_request": Problem(
        "malformed_request", 400, False, "none",
        "The request cannot be read",
        "The body is not well-formed JSON or multipart, or the address is not well-formed.",
    ),
    "unsupported_version": Problem(
        "unsupported_version", 400, False, "none",
        "This version of the protocol is not spoken here",
        "Leave out the `Facepay-Version` header or send a supported date.",
    ),
    "capture_expired": Problem(
        "capture_expired", 410, False, "try_again",
        "The capture has run out",
        "A capture is begun within 5 minutes of its opening and lives 60 s from then. Open a new one; show instructions before you begin it.",
    ),
    "intent_expired": Problem(
        "intent_expired", 410, False, "start_again",
        "The payment intent has run out",
        "Open a new payment intent.",
    ),
    "body_too_large": Problem(
        "body_too_large", 413, False, "none",
        "The body is too large",
        "4 MiB for the frames of a capture, of which 48 KiB for the manifest; 64 KiB otherwise.",
    ),
    "frame_too_large": Problem(
        "frame_too_large", 413, False, "none",
        "A frame is too large",
        "At most 1920 pixels a side.",
    ),
    "unsupported_media_type": Problem(
        "unsupported_media_type", 415, False, "none",
        "This content type is not taken here",
        "JSON, and multipart/form-data for frames.",
    ),
    "unsupported_frame_type": Problem(
        "unsupported_frame_type", 415, False, "none",
        "This picture format is not taken",
        "Frames are single JPEG or WebP pictures.",
    ),
    "idempotency_key_reused": Problem(
        "idempotency_key_reused", 422, False, "none",
        "This idempotency key belongs to another request",
        "Use a fresh key for a fresh request.",
    ),
    "invalid_request": Problem(
        "invalid_request", 422, False, "none",
        "A field is missing, unknown or out of range",
        "`param` names it.",
    ),
    "manifest_invalid": Problem(
        "manifest_invalid", 422, False, "try_again",
        "The manifest does not fit the capture and its frames",
        "A frame whose hash, order, time, step or colour does not fit ends the capture, as does another device's key. Open a new one.",
    ),
    "device_not_trusted": Problem(
        "device_not_trusted", 422, False, "use_password",
        "This device is not one to show a face to",
        "It says of itself that it is rooted, that its camera is virtual, or that a debugger is attached; or it does not say enough. Which of them is not told.",
    ),
    "attestation_unsupported": Problem(
        "attestation_unsupported", 422, False, "use_password",
        "This evidence of the device's platform cannot be checked here",
        'The format is unknown, or the service has no verifier for it. Send `"attestation": null`, or a format that it has.',
    ),
    "liveness_not_possible": Problem(
        "liveness_not_possible", 422, False, "use_password",
        "This profile leaves too little to prove life",
        "Who cannot move cannot pay by face: a weaker check is not offered. The password is.",
    ),
    "unfit_frame": Problem(
        "unfit_frame", 422, False, "none",
        "A frame has an unfit shape",
        "At least 240 pixels a side, and at most 2.5 times as long as wide.",
    ),
    "unreadable_frame": Problem(
        "unreadable_frame", 422, False, "try_again",
        "A frame cannot be decoded",
        "The picture is truncated or corrupt. Open a new capture.",
    ),
    "no_face": Problem(
        "no_face", 422, False, "try_again",
        "There is no face in enough of the frames",
        "Hold the face into the picture, in good light. Open a new capture.",
    ),
    "two_faces": Problem(
        "two_faces", 422, False, "be_alone_in_the_picture",
        "There is more than one face in the picture",
        "Only the payer may be in the picture. Nothing of anybody was kept. Open a new capture.",
    ),
    "face_too_small": Problem(
        "face_too_small", 422, False, "come_closer",
        "The face is too far away",
        "Come closer. Open a new capture.",
    ),
    "not_frontal": Problem(
        "not_frontal", 422, False, "look_straight",
        "The face did not look into the camera for long enough",
        "Look straight into the camera until the first prompt. Open a new capture.",
    ),
    "too_dark": Problem(
        "too_dark", 422, False, "more_light",
        "The face is too dark",
        "Go where there is more light on the face. Open a new capture.",
    ),
    "too_bright": Problem(
        "too_bright", 422, False, "less_light",
        "The face is too bright",
        "Turn away from the bright light. Open a new capture.",
    ),
    "blurred": Problem(
        "blurred", 422, False, "hold_still",
        "The face is blurred",
        "Hold the camera and the head still before the first prompt; wipe the lens. Open a new capture.",
    ),
    "capture_retry": Problem(
        "capture_retry", 422, False, "try_again",
        "The prompts were not followed well enough to be sure",
        "`guidance`, where it is there, says what to do better. Open a new capture.",
    ),
    "capture_refused": Problem(
        "capture_refused", 422, False, "use_password",
        "The capture does not show a living head that does as asked",
        "Which check failed is not told. Open a new capture, or go on by password.",
    ),
    "internal_error": Problem(
        "internal_error", 500, True, "use_another_method",
        "Something went wrong on our side",
        "Nothing was approved. Ask for the outcome with GET, or retry with the same idempotency key.",
    ),
    "vault_unavailable": Problem(
        "vault_unavailable", 503, True, "use_another_method",
        "The vault cannot be reached at the moment: nothing sealed can be opened",
        "Nothing was approved. Faces and one-time codes wait for the vault; password and device key do not. Pay with them, or retry with the same idempotency key.",
    ),
    "factor_unavailable": Problem(
        "factor_unavailable", 503, True, "use_another_factor",
        "One-time codes cannot be checked at the moment; a device key can",
        "Nothing was approved. Confirm with a device key, or retry with the same idempotency key.",
    ),
    "signing_unavailable": Problem(
        "signing_unavailable", 503, True, "use_another_method",
        "Nothing can be signed at the moment, so nothing can be approved",
        "The vault has been away for so long that no signing key of the service is certified any more. Nothing was approved, and no method of facepay can be until the vault is back: let the payer pay in another way, or retry with the same idempotency key.",
    ),
    "storage_unavailable": Problem(
        "storage_unavailable", 503, True, "use_another_method",
        "The records cannot be reached at the moment",
        "Nothing was approved. Retry with the same idempotency key.",
    ),
    "face_unavailable": Problem(
        "face_unavailable", 503, True, "use_password",
        "Paying by face is not possible at the moment; the password is",
        "The face engine is not ready, or busy. The same payment intent can go on by password, or the burst can be sent again with the same idempotency key.",
    ),
}
# fmt: on
