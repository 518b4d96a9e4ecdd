"""The customer's own device: it adds second factors, consents, enrols a face, takes it back.

Passwords and codes pass through and are not kept here.
"""

from facepay_client.answers import Consent, Enrolment, Factor, Notice, ReservedCapture, read
from facepay_client.frames import CapturingClient

FACE_PAYMENT = "face_payment"


class Customer(CapturingClient):
    """Signs with the key of the device that the operator registered; `device` is its camera.

    Once the frames of an enrolment are accepted, its `enrolment` is active.
    """

    def add_second_factor(
        self,
        name: str,
        password: str,
        code: str | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Factor:
        """A pending TOTP factor with its secret; `code` is needed when one is active already."""
        body = {"name": name} | _proof(password, code)
        answer = self._transport.post("/v1/second_factors", body, idempotency_key=idempotency_key)
        return read(Factor, answer)

    def confirm_second_factor(
        self, factor_id: str, code: str, *, idempotency_key: str | None = None
    ) -> Factor:
        """One right code makes the factor active."""
        path = f"/v1/second_factors/{factor_id}/confirm"
        answer = self._transport.post(path, {"code": code}, idempotency_key=idempotency_key)
        return read(Factor, answer)

    def revoke_second_factor(
        self,
        factor_id: str,
        password: str,
        code: str | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Factor:
        """An active one needs a code as well, and another active one beside it."""
        path = f"/v1/second_factors/{factor_id}/revoke"
        body = _proof(password, code)
        return read(Factor, self._transport.post(path, body, idempotency_key=idempotency_key))

    def grant_consent(
        self,
        notice: Notice,
        *,
        expires_at: str | None = None,
        idempotency_key: str | None = None,
    ) -> Consent:
        """Consent to pay by face, to this very notice. `expires_at` is RFC 3339."""
        body = {
            "purpose": FACE_PAYMENT,
            "notice_version": notice.version,
            "notice_sha256": notice.sha256,
        }
        if expires_at is not None:
            body["expires_at"] = expires_at
        answer = self._transport.post("/v1/consents", body, idempotency_key=idempotency_key)
        return read(Consent, answer)

    def withdraw_consent(self, consent_id: str, *, idempotency_key: str | None = None) -> Consent:
        """Needs no proof; the face enrolled under it is revoked and its key destroyed."""
        path = f"/v1/consents/{consent_id}/withdraw"
        return read(Consent, self._transport.post(path, idempotency_key=idempotency_key))

    def begin_enrolment(
        self, password: str, code: str, *, idempotency_key: str | None = None
    ) -> Enrolment:
        """Hard to enter: both, and an active consent."""
        body = _proof(password, code)
        answer = self._transport.post("/v1/enrolments", body, idempotency_key=idempotency_key)
        return read(Enrolment, answer)

    def open_enrolment_capture(
        self,
        enrolment_id: str,
        *,
        profile: str = "standard",
        idempotency_key: str | None = None,
    ) -> ReservedCapture:
        """Show the instructions, then begin it; `profile` as for a payment."""
        path = f"/v1/enrolments/{enrolment_id}/captures"
        answer = self._transport.post(path, {"profile": profile}, idempotency_key=idempotency_key)
        return read(ReservedCapture, answer)

    def lock_face(
        self,
        enrolment_id: str,
        *,
        password: str | None = None,
        code: str | None = None,
        idempotency_key: str | None = None,
    ) -> Enrolment:
        """Any one proof. Once this has answered, the face pays nothing until it is unlocked."""
        path = f"/v1/enrolments/{enrolment_id}/lock"
        body = _proof(password, code)
        return read(Enrolment, self._transport.post(path, body, idempotency_key=idempotency_key))

    def unlock_face(
        self, enrolment_id: str, password: str, code: str, *, idempotency_key: str | None = None
    ) -> Enrolment:
        """Both; the face is no proof of anything here."""
        path = f"/v1/enrolments/{enrolment_id}/unlock"
        body = _proof(password, code)
        return read(Enrolment, self._transport.post(path, body, idempotency_key=idempotency_key))

    def revoke_face(
        self,
        enrolment_id: str,
        *,
        password: str | None = None,
        code: str | None = None,
        idempotency_key: str | None = None,
    ) -> Enrolment:
        """Easy to leave: any one proof. Once this has answered, the face pays nothing more."""
        path = f"/v1/enrolments/{enrolment_id}/revoke"
        body = _proof(password, code)
        return read(Enrolment, self._transport.post(path, body, idempotency_key=idempotency_key))


def _proof(password: str | None, code: str | None) -> dict[str, str]:
    presented = {"password": password, "code": code}
    return {name: value for name, value in presented.items() if value is not None}
