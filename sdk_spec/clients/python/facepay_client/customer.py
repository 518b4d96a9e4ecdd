"""The customer's own device: it adds second factors, consents, enrols a face, takes it back.

Passwords and codes pass through and are not kept here.
"""

from facepay_client.answers import (
    Consent,
    Enrolment,
    FaceUse,
    Intent,
    Notice,
    ReservedCapture,
    read,
)
from facepay_client.confirm import proof
from facepay_client.errors import UnreadableAnswer
from facepay_client.frames import CapturingClient
from facepay_client.own_factors import OwnFactors

FACE_PAYMENT = "face_payment"


class Customer(OwnFactors, CapturingClient):
    """Signs with the key of the device that the operator registered; `device` is its camera.

    Once the frames of an enrolment are accepted, its `enrolment` is active.
    """

    def get_intent(self, intent_id: str) -> Intent:
        """What is to be paid and to whom, and the nonce to sign; see `sign_confirmation`."""
        return read(Intent, self._transport.get(f"/v1/payment_intents/{intent_id}"))

    def confirm_payment(
        self, intent_id: str, confirmation: str, *, idempotency_key: str | None = None
    ) -> Intent:
        """The second factor of a payment by the own face, from the own device."""
        path = f"/v1/payment_intents/{intent_id}/second_factor"
        body = {"confirmation": confirmation}
        return read(Intent, self._transport.post(path, body, idempotency_key=idempotency_key))

    def use_password(
        self,
        intent_id: str,
        password: str,
        code: str | None = None,
        *,
        confirmation: str | None = None,
        idempotency_key: str | None = None,
    ) -> Intent:
        """Pay by password and a second factor, from the own device; no till hears either."""
        path = f"/v1/payment_intents/{intent_id}/use_password"
        body = proof(password=password, code=code, confirmation=confirmation)
        return read(Intent, self._transport.post(path, body, idempotency_key=idempotency_key))

    def set_duress_code(
        self, duress_code: str, password: str, code: str, *, idempotency_key: str | None = None
    ) -> None:
        """Six digits that, typed in place of a code, block the payment and call for help."""
        body = {"password": password, "code": code, "duress_code": duress_code}
        self._transport.post("/v1/duress_code", body, idempotency_key=idempotency_key)

    def remove_duress_code(
        self, password: str, code: str, *, idempotency_key: str | None = None
    ) -> None:
        """Whether one was set is not told."""
        body = {"password": password, "code": code}
        self._transport.post("/v1/duress_code/remove", body, idempotency_key=idempotency_key)

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
        self,
        password: str,
        code: str | None = None,
        *,
        confirmation: str | None = None,
        idempotency_key: str | None = None,
    ) -> Enrolment:
        """Hard to enter: both, and an active consent."""
        body = proof(password=password, code=code, confirmation=confirmation)
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
        confirmation: str | None = None,
        recovery_code: str | None = None,
        idempotency_key: str | None = None,
    ) -> Enrolment:
        """Any one proof. Once this has answered, the face pays nothing until it is unlocked."""
        path = f"/v1/enrolments/{enrolment_id}/lock"
        body = proof(
            password=password, code=code, confirmation=confirmation, recovery_code=recovery_code
        )
        return read(Enrolment, self._transport.post(path, body, idempotency_key=idempotency_key))

    def unlock_face(
        self,
        enrolment_id: str,
        password: str,
        code: str | None = None,
        *,
        confirmation: str | None = None,
        recovery_code: str | None = None,
        idempotency_key: str | None = None,
    ) -> Enrolment:
        """Both; the face is no proof of anything here."""
        path = f"/v1/enrolments/{enrolment_id}/unlock"
        body = proof(
            password=password, code=code, confirmation=confirmation, recovery_code=recovery_code
        )
        return read(Enrolment, self._transport.post(path, body, idempotency_key=idempotency_key))

    def get_activity(self, *, before: str | None = None) -> list[FaceUse]:
        """Every use of the face, failed ones too, newest first; `before` is the last one's id."""
        page = self._transport.get("/v1/activity", {"before": before} if before else None)
        if not isinstance(page.get("uses"), list):
            raise UnreadableAnswer("activity without uses")
        return [read(FaceUse, use) for use in page["uses"]]

    def revoke_face(
        self,
        enrolment_id: str,
        *,
        password: str | None = None,
        code: str | None = None,
        confirmation: str | None = None,
        recovery_code: str | None = None,
        idempotency_key: str | None = None,
    ) -> Enrolment:
        """Easy to leave: any one proof. Once this has answered, the face pays nothing more."""
        path = f"/v1/enrolments/{enrolment_id}/revoke"
        body = proof(
            password=password, code=code, confirmation=confirmation, recovery_code=recovery_code
        )
        return read(Enrolment, self._transport.post(path, body, idempotency_key=idempotency_key))

    def get_enrolments(self) -> list[Enrolment]:
        """Your own, the newest first."""
        listed = self._transport.get("/v1/enrolments").get("enrolments")
        if not isinstance(listed, list):
            raise UnreadableAnswer("a list without enrolments")
        return [read(Enrolment, each) for each in listed]

    def get_deletion_receipt(self, enrolment_id: str) -> str:
        """A JWS for `receipts.verify_deletion_receipt`. A Problem `deletion_pending` says that the
        key is not gone yet: ask again later."""
        path = f"/v1/enrolments/{enrolment_id}/deletion_receipt"
        receipt = self._transport.get(path).get("deletion_receipt")
        if not isinstance(receipt, str):
            raise UnreadableAnswer("no deletion receipt in the answer")
        return receipt
