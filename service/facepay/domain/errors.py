"""Everything that can go wrong, as one tree.

    FacepayError
    ├── Unauthenticated   SignatureMissing   SignatureInvalid   SignatureStale   NonceReplayed
    ├── NotAllowed             a known client asks for something its role may not do
    │   └── SecondOperatorNeeded   who asked for an action does not approve it
    ├── NotFound               unknown, or not yours: the two cannot be told apart
    ├── Conflict
    │   ├── AlreadyExists   WrongState   FaceNotAvailable   CapturesUsedUp   DeletionPending
    │   └── StaleRow           internal: a conditional update found another state (retry the walk)
    ├── Idempotency            IdempotencyKeyMissing   IdempotencyKeyReused   InProgress
    ├── Gone                   CaptureExpired   IntentExpired
    ├── Refused                what was sent cannot be used
    │   ├── InvalidRequest   MalformedRequest   LivenessNotPossible
    │   ├── ManifestInvalid   DeviceNotTrusted   AttestationUnsupported
    │   ├── BodyTooLarge   FrameTooLarge   UnfitFrame   UnsupportedMedia   UnsupportedFrame
    │   ├── NoFace   TwoFaces   FaceTooSmall   NotFrontal   TooDark   TooBright   Blurred
    │   └── UnreadableFrame   CaptureRetry   CaptureRefused
    ├── SealBroken             a sealed value does not open: its key is destroyed, or it was moved
    ├── CredentialsRejected    a password or code was wrong, unknown or blocked: never says which
    └── Unavailable            a dependency is down: fail closed, name the alternative
        ├── VaultUnavailable   SigningUnavailable   StorageUnavailable   FaceUnavailable
        └── FactorUnavailable  this second factor cannot be checked now; another one can

`code` is the key into `sdk_spec/errors.yaml`, the one registry of what clients see.
"""


class FacepayError(Exception):
    """Base of all registered errors.

    `detail` says what happened in this case, `param` names the field at fault, and `guidance` what
    the payer may do better; none ever carries a secret, a score, a threshold or anything of a face.
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
    """Dual control: another operator, with another key, has to approve."""

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
    """No active, consented, unrevoked face behind this claim, or no such customer at all."""

    code = "face_not_available"


class CapturesUsedUp(Conflict):
    """This intent or enrolment has had all its captures; a payment goes on by password."""

    code = "captures_used_up"


class DeletionPending(Conflict):
    """The face is revoked, its key not destroyed yet: the vault is away. The receipt will come."""

    code = "deletion_pending"


class StaleRow(Conflict):
    """Somebody else changed the row first; what was being done no longer holds."""

    code = "wrong_state"


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
    """`reason` is for the operator's log and the customer's activity, and for nobody else."""

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
    """The device says of itself that its camera may not be one, or does not say enough."""

    code = "device_not_trusted"


class AttestationUnsupported(Refused):
    """Evidence of a platform that nobody here can check; it is not ignored."""

    code = "attestation_unsupported"


class LivenessNotPossible(Refused):
    """What this payer can do is too little to prove life: a weaker check is not the answer."""

    code = "liveness_not_possible"


class BodyTooLarge(Refused):
    code = "body_too_large"


class FrameTooLarge(Refused):
    code = "frame_too_large"


class UnfitFrame(Refused):
    """Too small, or too long a strip, to be a picture of a face."""

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
    """A genuine payer may have been too quick, or turned too little: a new capture may help.

    `guidance` is one of `capture.Guidance`, or None.
    """

    code = "capture_retry"


class CaptureRefused(Refused):
    """No sign of a living head that does as asked. Which signal failed is not said."""

    code = "capture_refused"


class SealBroken(FacepayError):
    """The vault is well, but this sealed value does not open and never will: its key was
    destroyed, or key, binding and ciphertext do not belong together. Trying again is no use."""

    code = "face_not_available"


class CredentialsRejected(FacepayError):
    code = "credentials_rejected"


class Unavailable(FacepayError):
    code = "storage_unavailable"


class VaultUnavailable(Unavailable):
    """OpenBao did not answer, or refused: nothing sealed can be opened, nothing signed."""

    code = "vault_unavailable"


class FactorUnavailable(VaultUnavailable):
    """A one-time code cannot be looked at while its secret cannot be opened; a device key can."""

    code = "factor_unavailable"


class SigningUnavailable(VaultUnavailable):
    """No key of this node is certified, and the vault that certifies them is away."""

    code = "signing_unavailable"


class StorageUnavailable(Unavailable):
    code = "storage_unavailable"


class FaceUnavailable(Unavailable):
    """The face path cannot work now; the password path can."""

    code = "face_unavailable"
