"""All registered errors, as one tree.

    FacepayError
    ├── Unauthenticated   SignatureMissing   SignatureInvalid   SignatureStale   NonceReplayed
    ├── NotAllowed             the client's role does not permit this request
    │   └── SecondOperatorNeeded   operators cannot approve an action they requested
    ├── NotFound               unknown, or not the caller's: the answer does not say which
    ├── Conflict
    │   ├── AlreadyExists   WrongState   FaceNotAvailable   CapturesUsedUp   DeletionPending
    │   └── StaleRow           a conditional update found another state than expected
    ├── Idempotency            IdempotencyKeyMissing   IdempotencyKeyReused   InProgress
    ├── Gone                   CaptureExpired   IntentExpired
    ├── Refused                the service cannot use the content of the request
    │   ├── InvalidRequest   MalformedRequest   LivenessNotPossible
    │   ├── ManifestInvalid   DeviceNotTrusted   AttestationUnsupported
    │   ├── BodyTooLarge   FrameTooLarge   UnfitFrame   UnsupportedMedia   UnsupportedFrame
    │   ├── NoFace   TwoFaces   FaceTooSmall   NotFrontal   TooDark   TooBright   Blurred
    │   └── UnreadableFrame   CaptureRetry   CaptureRefused
    ├── SealBroken             a sealed value does not open: its key is destroyed, or it was moved
    ├── CredentialsRejected    credentials were wrong, unknown or blocked: never says which
    ├── LogInconsistent        the audit log contradicts its last signed checkpoint
    └── Unavailable            a dependency failed: refuse, and name the alternative
        ├── StorageUnavailable   FaceUnavailable
        └── VaultUnavailable   FactorUnavailable   SigningUnavailable

`code` is the key into `sdk_spec/errors.yaml`, the one registry of errors that clients see.
"""


class FacepayError(Exception):
    """Base of all registered errors.

    `detail` says what happened, `param` names the field at fault, and `guidance` is advice for the
    payer. None of them ever contains a secret, a score, a threshold or face data.
    """

    code: str

    def __init__(
        self, detail: str | None = None, *, param: str | None = None, guidance: str | None = None
    ) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.param = param
        self.guidance = guidance


class Unauthenticated(FacepayError):
    code = "signature_invalid"


class SignatureMissing(Unauthenticated):
    code = "signature_missing"


class SignatureInvalid(Unauthenticated):
    code = "signature_invalid"


class SignatureStale(Unauthenticated):
    code = "signature_stale"


class NonceReplayed(Unauthenticated):
    code = "nonce_replayed"


class NotAllowed(FacepayError):
    code = "not_allowed"


class SecondOperatorNeeded(NotAllowed):
    """Dual control: another operator must approve, with another key."""

    code = "second_operator_needed"


class NotFound(FacepayError):
    code = "not_found"


class Conflict(FacepayError):
    code = "wrong_state"


class AlreadyExists(Conflict):
    code = "already_exists"


class WrongState(Conflict):
    code = "wrong_state"


class FaceNotAvailable(Conflict):
    """The claimed payer has no active face with consent, or does not exist."""

    code = "face_not_available"


class CapturesUsedUp(Conflict):
    """This intent or enrolment has used all its captures; payers can use the password."""

    code = "captures_used_up"


class DeletionPending(Conflict):
    """The face is revoked; the unavailable vault still has its key. Ask for the receipt later."""

    code = "deletion_pending"


class StaleRow(Conflict):
    """Another transaction changed the row first, so that this change no longer applies."""


class Idempotency(FacepayError):
    code = "idempotency_key_missing"


class IdempotencyKeyMissing(Idempotency):
    code = "idempotency_key_missing"


class IdempotencyKeyReused(Idempotency):
    code = "idempotency_key_reused"


class InProgress(Idempotency):
    code = "idempotency_in_progress"


class Gone(FacepayError):
    code = "intent_expired"


class CaptureExpired(Gone):
    code = "capture_expired"


class IntentExpired(Gone):
    code = "intent_expired"


class Refused(FacepayError):
    """The service refuses the content of a request; `reason` is for the operator's audit log."""

    code = "invalid_request"

    def __init__(
        self,
        detail: str | None = None,
        *,
        param: str | None = None,
        guidance: str | None = None,
        reason: str | None = None,
    ) -> None:
        super().__init__(detail, param=param, guidance=guidance)
        self.reason = reason or self.code


class InvalidRequest(Refused):
    code = "invalid_request"


class MalformedRequest(Refused):
    code = "malformed_request"


class ManifestInvalid(Refused):
    code = "manifest_invalid"


class DeviceNotTrusted(Refused):
    """The device reports a problem with its own health, or reports too little."""

    code = "device_not_trusted"


class AttestationUnsupported(Refused):
    """The service cannot check this platform's evidence, and does not ignore it."""

    code = "attestation_unsupported"


class LivenessNotPossible(Refused):
    """The payer's profile leaves too few signals for liveness; there is no weaker check."""

    code = "liveness_not_possible"


class BodyTooLarge(Refused):
    code = "body_too_large"


class FrameTooLarge(Refused):
    code = "frame_too_large"


class UnfitFrame(Refused):
    """The picture is too small or too elongated to show a face."""

    code = "unfit_frame"


class UnsupportedMedia(Refused):
    code = "unsupported_media_type"


class UnsupportedFrame(Refused):
    code = "unsupported_frame_type"


class UnreadableFrame(Refused):
    code = "unreadable_frame"


class NoFace(Refused):
    code = "no_face"


class TwoFaces(Refused):
    code = "two_faces"


class FaceTooSmall(Refused):
    code = "face_too_small"


class NotFrontal(Refused):
    code = "not_frontal"


class TooDark(Refused):
    code = "too_dark"


class TooBright(Refused):
    code = "too_bright"


class Blurred(Refused):
    code = "blurred"


class CaptureRetry(Refused):
    """Liveness was unclear, and a new capture can help; `guidance` is of `capture.Guidance`."""

    code = "capture_retry"


class CaptureRefused(Refused):
    """The capture shows no living head that follows the challenge; the signal is not named."""

    code = "capture_refused"


class SealBroken(FacepayError):
    """This value never opens: its key was destroyed, or key, binding and value do not fit."""

    code = "face_not_available"


class CredentialsRejected(FacepayError):
    code = "credentials_rejected"


class LogInconsistent(FacepayError):
    code = "log_inconsistent"


class Unavailable(FacepayError):
    code = "storage_unavailable"


class VaultUnavailable(Unavailable):
    """OpenBao did not answer, or refused: nothing can be unsealed or signed."""

    code = "vault_unavailable"


class FactorUnavailable(VaultUnavailable):
    """A one-time code cannot be checked without the vault; a device key can."""

    code = "factor_unavailable"


class SigningUnavailable(VaultUnavailable):
    """No key of this node is certified, and the vault that certifies keys is unavailable."""

    code = "signing_unavailable"


class StorageUnavailable(Unavailable):
    code = "storage_unavailable"


class FaceUnavailable(Unavailable):
    """The face path is unavailable; the password path works."""

    code = "face_unavailable"
