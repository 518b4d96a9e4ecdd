"""A customer's own device: it consents, enrols a face, pays, locks the face and revokes it.

This module sends passwords and codes, and stores none of them.
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
from facepay_client.credentials import Credentials
from facepay_client.devices import Devices
from facepay_client.errors import UnreadableAnswer
from facepay_client.frames import CapturingClient
from facepay_client.second_factors import SecondFactors

FACE_PAYMENT = "face_payment"


class Customer(Devices, SecondFactors, CapturingClient):
    """The client of one customer; `device` is the camera that takes the frames.

    It signs with the key of the device that the operator registered for this customer.

    Every method raises Problem, Unreachable and UnreadableAnswer. The Problem codes that callers
    usually handle are named at each method.
    """

    def get_intent(self, intent_id: str) -> Intent:
        """Read what is to be paid, to whom, and the nonce to sign: `GET /v1/payment_intents/{id}`.

        Pass the result to `sign_confirmation`.

        Raises Problem `not_found`; also once the payment has ended, unless this customer paid it.
        """
        return read(Intent, self._transport.get(f"/v1/payment_intents/{intent_id}"))

    def confirm_payment(
        self, intent_id: str, confirmation: str, *, idempotency_key: str | None = None
    ) -> Intent:
        """Confirm a payment by face with a device key: `POST …/{id}/second_factor`.

        `confirmation` comes from `sign_confirmation`. The result is approved or declined.

        Raises Problem `not_found`, `wrong_state`, `intent_expired`, `face_not_available`.
        """
        path = f"/v1/payment_intents/{intent_id}/second_factor"
        body = {"confirmation": confirmation}
        return read(Intent, self._transport.post(path, body, idempotency_key=idempotency_key))

    def use_password(
        self, intent_id: str, credentials: Credentials, *, idempotency_key: str | None = None
    ) -> Intent:
        """Pay with the password and a second factor: `POST …/{id}/use_password`.

        Needs the password and either a code or a confirmation. The terminal receives neither. Wrong
        credentials are no error: the result is then declined.

        Raises Problem `not_found`, `wrong_state`, `intent_expired`, `factor_unavailable`.
        """
        path = f"/v1/payment_intents/{intent_id}/use_password"
        answer = self._transport.post(path, credentials.body(), idempotency_key=idempotency_key)
        return read(Intent, answer)

    def set_duress_code(
        self, duress_code: str, credentials: Credentials, *, idempotency_key: str | None = None
    ) -> None:
        """Set or replace the duress code: `POST /v1/duress_code`.

        `duress_code` is six digits. Typed in place of a one-time code, it blocks the face and
        alerts the operator. Needs the password and a one-time code.

        Raises Problem `credentials_rejected`; `invalid_request` when `duress_code` is a one-time
        code at this moment.
        """
        body = {**credentials.body(), "duress_code": duress_code}
        self._transport.post("/v1/duress_code", body, idempotency_key=idempotency_key)

    def remove_duress_code(
        self, credentials: Credentials, *, idempotency_key: str | None = None
    ) -> None:
        """Remove the duress code: `POST /v1/duress_code/remove`.

        Needs the password and a one-time code. The answer does not tell whether one was set.

        Raises Problem `credentials_rejected`.
        """
        path = "/v1/duress_code/remove"
        self._transport.post(path, credentials.body(), idempotency_key=idempotency_key)

    def grant_consent(
        self,
        notice: Notice,
        *,
        expires_at: str | None = None,
        idempotency_key: str | None = None,
    ) -> Consent:
        """Consent to pay by face, under this notice: `POST /v1/consents`.

        `expires_at` is RFC 3339; without it the consent lasts as long as the policy allows. Then it
        ends, and the service revokes the face and destroys its key.

        Raises Problem `invalid_request` for an outdated notice; `wrong_state` when a consent is
        active already.
        """
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
        """Withdraw a consent: `POST /v1/consents/{id}/withdraw`.

        Needs no credentials. The service revokes the face that was enrolled under it.

        Raises Problem `not_found`.
        """
        path = f"/v1/consents/{consent_id}/withdraw"
        return read(Consent, self._transport.post(path, idempotency_key=idempotency_key))

    def begin_enrolment(
        self, credentials: Credentials, *, idempotency_key: str | None = None
    ) -> Enrolment:
        """Begin to enrol a face: `POST /v1/enrolments`.

        Needs the password, a second factor and an active consent. The returned enrolment is
        pending. It becomes active when the frames of one of its captures are accepted.

        Raises Problem `credentials_rejected`; `wrong_state` without a consent or with a face.
        """
        body = credentials.body()
        answer = self._transport.post("/v1/enrolments", body, idempotency_key=idempotency_key)
        return read(Enrolment, answer)

    def open_enrolment_capture(
        self,
        enrolment_id: str,
        *,
        profile: str = "standard",
        idempotency_key: str | None = None,
    ) -> ReservedCapture:
        """Reserve a capture for an enrolment: `POST /v1/enrolments/{id}/captures`.

        Show the instructions, then call `begin_capture`. `profile` is as for a payment.

        Raises Problem `wrong_state`, `captures_used_up`, `capture_expired`.
        """
        path = f"/v1/enrolments/{enrolment_id}/captures"
        answer = self._transport.post(path, {"profile": profile}, idempotency_key=idempotency_key)
        return read(ReservedCapture, answer)

    def lock_face(
        self, enrolment_id: str, credentials: Credentials, *, idempotency_key: str | None = None
    ) -> Enrolment:
        """Lock the face: `POST /v1/enrolments/{id}/lock`.

        Any one credential is enough. When this returns, the face pays nothing until it is unlocked.

        Raises Problem `credentials_rejected`, `not_found`; `wrong_state` when no face is enrolled.
        """
        return self._change_face(enrolment_id, "lock", credentials, idempotency_key)

    def unlock_face(
        self, enrolment_id: str, credentials: Credentials, *, idempotency_key: str | None = None
    ) -> Enrolment:
        """Unlock the face: `POST /v1/enrolments/{id}/unlock`.

        Needs the password and a second factor. Showing the face does not unlock it.

        Raises Problem `credentials_rejected`, `not_found`; `wrong_state` when no face is enrolled.
        """
        return self._change_face(enrolment_id, "unlock", credentials, idempotency_key)

    def revoke_face(
        self, enrolment_id: str, credentials: Credentials, *, idempotency_key: str | None = None
    ) -> Enrolment:
        """Revoke the face for good: `POST /v1/enrolments/{id}/revoke`.

        Any one credential is enough. When this returns, the face pays nothing any more.

        Raises Problem `credentials_rejected`, `not_found`.
        """
        return self._change_face(enrolment_id, "revoke", credentials, idempotency_key)

    def get_enrolments(self) -> list[Enrolment]:
        """List this customer's enrolments, the newest first: `GET /v1/enrolments`."""
        listed = self._transport.get("/v1/enrolments").get("enrolments")
        if not isinstance(listed, list):
            raise UnreadableAnswer("The answer has no list `enrolments`.")
        return [read(Enrolment, each) for each in listed]

    def get_deletion_receipt(self, enrolment_id: str) -> str:
        """Get the signed receipt of a revocation: `GET /v1/enrolments/{id}/deletion_receipt`.

        It is a JWS; verify it with `verify_deletion_receipt`.

        Raises Problem `deletion_pending` while the key is not destroyed yet: try again later.
        """
        path = f"/v1/enrolments/{enrolment_id}/deletion_receipt"
        receipt = self._transport.get(path).get("deletion_receipt")
        if not isinstance(receipt, str):
            raise UnreadableAnswer("The answer has no `deletion_receipt`.")
        return receipt

    def get_activity(self, *, before: str | None = None) -> list[FaceUse]:
        """List the uses of the face, the newest first, 50 a page: `GET /v1/activity`.

        Failed uses are included. `before` is the id of the last use of the page before.
        """
        page = self._transport.get("/v1/activity", {"before": before} if before else None)
        if not isinstance(page.get("uses"), list):
            raise UnreadableAnswer("The answer has no list `uses`.")
        return [read(FaceUse, use) for use in page["uses"]]

    def _change_face(
        self, enrolment_id: str, verb: str, credentials: Credentials, key: str | None
    ) -> Enrolment:
        path = f"/v1/enrolments/{enrolment_id}/{verb}"
        return read(Enrolment, self._transport.post(path, credentials.body(), idempotency_key=key))
