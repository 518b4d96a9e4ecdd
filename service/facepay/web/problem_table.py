# ruff: noqa: E501 - the texts are whole sentences
"""Describe every error code. Generated from sdk_spec/errors.yaml by `make generate`."""

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
        "Every request except those for public resources needs an RFC 9421 signature. Sign it with a registered key.",
    ),
    "signature_invalid": Problem(
        "signature_invalid", 401, False, "none",
        "The signature is not valid",
        "The key is unknown, a required component is not covered, the body's digest differs, or the signature is wrong. The service does not say which. Check the key and sign again as protocol.md describes.",
    ),
    "signature_stale": Problem(
        "signature_stale", 401, True, "none",
        "The signature's time is outside the window",
        "`created` must be within 60 s of the service's clock, and `expires`, when given, must not have passed. Set the client's clock and sign again.",
    ),
    "nonce_replayed": Problem(
        "nonce_replayed", 401, True, "none",
        "This nonce was already used",
        "A nonce is accepted for one request. Sign again with a fresh nonce, and keep the idempotency key.",
    ),
    "key_withdrawn": Problem(
        "key_withdrawn", 401, False, "none",
        "This key was withdrawn",
        "The signature is valid, and its key was withdrawn for good. The service refuses everything that it signs. Use the client's new key. After a request that replaced this key, the answer says that the replacement was made. Only a valid signature of the key itself gets this answer.",
    ),
    "client_suspended": Problem(
        "client_suspended", 403, False, "none",
        "This client is suspended",
        "An operator suspended the terminal or its merchant, for an hour at most, or two operators until they resume it. Ask the operator, and send a new request with a new idempotency key afterwards.",
    ),
    "not_allowed": Problem(
        "not_allowed", 403, False, "none",
        "This client may not do this",
        "The client's role does not permit this request. Use a client in another role.",
    ),
    "second_operator_needed": Problem(
        "second_operator_needed", 403, False, "none",
        "Another operator has to approve this",
        "The operator that requested an action cannot approve it. Let another operator approve it with another key, within one hour.",
    ),
    "credentials_rejected": Problem(
        "credentials_rejected", 403, False, "check_password_and_code",
        "The credentials were rejected",
        "A password or code was wrong, was already used, or is blocked after too many failures. The service does not say which. Try again with the password and a fresh code; a one-time code is accepted once in its 30 s. After several failures, wait for 30 s or longer.",
    ),
    "form_expired": Problem(
        "form_expired", 403, False, "none",
        "The form does not belong to this visit",
        "Only the customer's page gives this error. The form was open too long, or another site sent it. Nothing was changed. Open the page again.",
    ),
    "not_found": Problem(
        "not_found", 404, False, "none",
        "The resource was not found",
        "It does not exist, or it belongs to another client; the service does not say which. Check the identifier and the signing key.",
    ),
    "method_not_allowed": Problem(
        "method_not_allowed", 405, False, "none",
        "This address does not support the method",
        "See the OpenAPI description for the methods of each address.",
    ),
    "already_exists": Problem(
        "already_exists", 409, False, "none",
        "This is already registered",
        "The alias or the key is taken. Choose another alias, or make a new key.",
    ),
    "wrong_state": Problem(
        "wrong_state", 409, False, "none",
        "The state of the resource does not allow this",
        "The resource has changed, or is not ready yet. Read it again, and go on from its current state.",
    ),
    "face_not_available": Problem(
        "face_not_available", 409, False, "use_password",
        "Payment by face is not possible; use the password",
        "The payer is unknown, or has no face that is enrolled, consented to and able to pay. The service does not say which. Pay by password.",
    ),
    "captures_used_up": Problem(
        "captures_used_up", 409, False, "use_password",
        "All captures of this attempt are used up",
        "A payment intent allows three captures by default; pay by password. An enrolment allows three; begin a new enrolment.",
    ),
    "deletion_pending": Problem(
        "deletion_pending", 409, True, "none",
        "The face is revoked, but its key is not destroyed yet",
        "The face can no longer pay. The vault is unavailable, and the receipt is signed after the key is destroyed. Ask again later.",
    ),
    "idempotency_in_progress": Problem(
        "idempotency_in_progress", 409, True, "none",
        "The same request is still in progress",
        "Retry in a moment with the same idempotency key.",
    ),
    "idempotency_key_missing": Problem(
        "idempotency_key_missing", 400, False, "none",
        "The Idempotency-Key is missing or not valid",
        "Every request that changes something needs a key of 1 to 255 printable ASCII characters. Use a fresh key for each change, and the same key for each retry.",
    ),
    "malformed_request": Problem(
        "malformed_request", 400, False, "none",
        "The request cannot be read",
        "The address is not valid, or the body is not valid JSON or multipart data. Correct the request and send it again.",
    ),
    "unsupported_version": Problem(
        "unsupported_version", 400, False, "none",
        "This version of the protocol is not supported",
        "Leave out the `Facepay-Version` header, or send the date that every answer carries in it.",
    ),
    "capture_expired": Problem(
        "capture_expired", 410, False, "try_again",
        "The capture has expired",
        "A capture must begin within 5 minutes after it is opened, and its frames must arrive within 60 s after it begins. Open a new capture, and show the instructions before you begin it.",
    ),
    "intent_expired": Problem(
        "intent_expired", 410, False, "start_again",
        "The payment intent has expired",
        "Open a new payment intent.",
    ),
    "body_too_large": Problem(
        "body_too_large", 413, False, "none",
        "The body is too large",
        "The frames of a capture may have 4 MiB in 32 parts, of which the manifest may have 48 KiB. Any other request may have 64 KiB. Send a smaller body.",
    ),
    "frame_too_large": Problem(
        "frame_too_large", 413, False, "none",
        "A frame is too large",
        "Send frames of at most 1920 pixels a side.",
    ),
    "unsupported_media_type": Problem(
        "unsupported_media_type", 415, False, "none",
        "The content type is not supported",
        "Send JSON, or multipart/form-data for frames.",
    ),
    "unsupported_frame_type": Problem(
        "unsupported_frame_type", 415, False, "none",
        "The picture format is not supported",
        "Send each frame as a single JPEG or WebP picture.",
    ),
    "idempotency_key_reused": Problem(
        "idempotency_key_reused", 422, False, "none",
        "This idempotency key belongs to another request",
        "Use a fresh key for each new request.",
    ),
    "invalid_request": Problem(
        "invalid_request", 422, False, "none",
        "A field is missing, unknown or not valid",
        "`param` names the field. Correct it and send the request again.",
    ),
    "manifest_invalid": Problem(
        "manifest_invalid", 422, False, "try_again",
        "The manifest does not match the capture and its frames",
        "The hash, order, time, step or colour of a frame does not match, or the key of another device signed the manifest. The capture is used up. Open a new one.",
    ),
    "device_not_trusted": Problem(
        "device_not_trusted", 422, False, "use_password",
        "This device is not trusted for captures",
        "The device reports that it is rooted, that its camera is virtual or that a debugger is attached, or it does not report enough. The service does not say which. Pay by password, or use another device.",
    ),
    "attestation_unsupported": Problem(
        "attestation_unsupported", 422, False, "use_password",
        "The attestation of the device cannot be checked",
        'The format is unknown, or the service has no verifier for it. Send `"attestation": null`, or a format that the service supports.',
    ),
    "liveness_not_possible": Problem(
        "liveness_not_possible", 422, False, "use_password",
        "This profile leaves too little for a liveness check",
        "Payers who cannot move pay with their password; there is no weaker liveness check.",
    ),
    "unfit_frame": Problem(
        "unfit_frame", 422, False, "none",
        "A frame has an unsuitable size",
        "Send frames of at least 240 pixels a side, with sides in a ratio of at most 2.5.",
    ),
    "unreadable_frame": Problem(
        "unreadable_frame", 422, False, "try_again",
        "A frame cannot be decoded",
        "The picture is truncated or corrupt. Open a new capture.",
    ),
    "no_face": Problem(
        "no_face", 422, False, "try_again",
        "Too few frames show a face",
        "Hold the face in the picture, in good light. Open a new capture.",
    ),
    "two_faces": Problem(
        "two_faces", 422, False, "be_alone_in_the_picture",
        "More than one face is in the picture",
        "Only the payer may be in the picture. Nothing of anybody was stored. Open a new capture.",
    ),
    "face_too_small": Problem(
        "face_too_small", 422, False, "come_closer",
        "The face is too far away",
        "Come closer to the camera. Open a new capture.",
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
        "Hold the camera and the head still before the first prompt, and wipe the lens. Open a new capture.",
    ),
    "capture_retry": Problem(
        "capture_retry", 422, False, "try_again",
        "The prompts were not followed clearly enough",
        "`guidance`, when present, says what to do better. Open a new capture.",
    ),
    "capture_refused": Problem(
        "capture_refused", 422, False, "use_password",
        "The capture did not pass the liveness check",
        "The service does not say which check failed. Open a new capture, or pay by password.",
    ),
    "internal_error": Problem(
        "internal_error", 500, True, "use_another_method",
        "Something went wrong in the service",
        "This answer approves nothing. Read the outcome with GET, or retry with the same idempotency key.",
    ),
    "log_inconsistent": Problem(
        "log_inconsistent", 503, False, "none",
        "The audit log contradicts its last signed checkpoint",
        "Somebody changed or cut the log, or a backup was restored. The service signs no checkpoint, and the operator has an alarm. Keep the last checkpoint that you have. Payments go on.",
    ),
    "vault_unavailable": Problem(
        "vault_unavailable", 503, True, "use_another_method",
        "The vault is temporarily unavailable",
        "Nothing was approved. Faces and one-time codes need the vault; password and device key do not. Pay with password and device key, or retry in a minute with the same idempotency key.",
    ),
    "factor_unavailable": Problem(
        "factor_unavailable", 503, True, "use_another_factor",
        "One-time codes are temporarily unavailable; use a device key",
        "Nothing was approved. Confirm with your device key, or retry in a minute with the same idempotency key.",
    ),
    "signing_unavailable": Problem(
        "signing_unavailable", 503, True, "use_another_method",
        "Authorizations cannot be signed at the moment",
        "Nothing was approved. The vault has been unavailable for so long that no signing key is certified any more, and no method of facepay can pay until it is back. Let the payer pay in another way, or retry later with the same idempotency key.",
    ),
    "storage_unavailable": Problem(
        "storage_unavailable", 503, True, "use_another_method",
        "The database is temporarily unavailable",
        "This answer approves nothing. Retry in a minute with the same idempotency key.",
    ),
    "face_unavailable": Problem(
        "face_unavailable", 503, True, "use_password",
        "Payment by face is temporarily unavailable; use the password",
        "The face engine is not ready, or it is busy. Pay the same payment intent by password, or send the same frames again with the same idempotency key.",
    ),
}
# fmt: on
