"""One terminal: it opens payments, and sends what the payer shows and types.

A terminal receives outcomes and what to show next. It never receives a score, which factor failed,
or whether a face matched.
"""

from collections.abc import Mapping

from facepay_client.answers import Intent, ReservedCapture, read
from facepay_client.credentials import Credentials
from facepay_client.frames import CapturingClient


class Terminal(CapturingClient):
    """The client of one terminal; `device` is the camera that takes the frames.

    It signs with the key that its merchant registered for it.

    Every method raises Problem, Unreachable and UnreadableAnswer. The Problem codes that callers
    usually handle are named at each method.
    """

    def create_intent(
        self,
        amount_minor: int,
        currency: str,
        order_ref: str,
        *,
        idempotency_key: str | None = None,
    ) -> Intent:
        """Open a payment: `POST /v1/payment_intents`.

        `amount_minor` is in the smallest unit of `currency` (cents, pence). `currency` is three
        capital letters. The payment can be approved for 10 minutes.

        Raises Problem `client_suspended` while the terminal or its merchant is suspended.
        """
        body = {"amount_minor": amount_minor, "currency": currency, "order_ref": order_ref}
        answer = self._transport.post("/v1/payment_intents", body, idempotency_key=idempotency_key)
        return read(Intent, answer)

    def get_intent(self, intent_id: str) -> Intent:
        """Read a payment, for example after a lost answer: `GET /v1/payment_intents/{id}`.

        Raises Problem `not_found`.
        """
        return read(Intent, self._transport.get(f"/v1/payment_intents/{intent_id}"))

    def open_capture(
        self,
        intent_id: str,
        payer: str,
        *,
        profile: str = "standard",
        idempotency_key: str | None = None,
    ) -> ReservedCapture:
        """Reserve a capture for a payment: `POST /v1/payment_intents/{id}/captures`.

        `payer` is the alias of the customer whom the payer claims to be. `profile` is "no_light"
        for payers who must not see flashing colours. Show the instructions, then call
        `begin_capture`.

        Raises Problem `face_not_available`, `captures_used_up`, `wrong_state`, `intent_expired`.
        """
        path = f"/v1/payment_intents/{intent_id}/captures"
        body = {"payer": payer, "profile": profile}
        return read(
            ReservedCapture, self._transport.post(path, body, idempotency_key=idempotency_key)
        )

    def send_code(self, intent_id: str, code: str, *, idempotency_key: str | None = None) -> Intent:
        """Send the payer's six digits: `POST /v1/payment_intents/{id}/second_factor`.

        The result is approved, with an authorization, or declined.

        Raises Problem `wrong_state`, `intent_expired`, `face_not_available`, `factor_unavailable`.
        """
        return self._change(intent_id, "second_factor", {"code": code}, idempotency_key)

    def send_confirmation(
        self, intent_id: str, confirmation: str, *, idempotency_key: str | None = None
    ) -> Intent:
        """Send a confirmation that the payer's device signed: `POST …/{id}/second_factor`.

        The result is approved, with an authorization, or declined.

        Raises Problem `wrong_state`, `intent_expired`, `face_not_available`.
        """
        body = {"confirmation": confirmation}
        return self._change(intent_id, "second_factor", body, idempotency_key)

    def use_password(
        self,
        intent_id: str,
        payer: str,
        credentials: Credentials,
        *,
        idempotency_key: str | None = None,
    ) -> Intent:
        """Pay with the password and a second factor: `POST …/{id}/use_password`.

        Needs the password and either a code or a confirmation. It works for every payment that has
        not ended, also after the face was declined. Wrong credentials are no error: the result is
        then declined.

        Raises Problem `wrong_state`, `intent_expired`, `factor_unavailable`.
        """
        body = {**credentials.body(), "payer": payer}
        return self._change(intent_id, "use_password", body, idempotency_key)

    def choose_alternative(self, intent_id: str, *, idempotency_key: str | None = None) -> Intent:
        """Record that the payer prefers another method: `POST …/{id}/choose_alternative`.

        Raises Problem `wrong_state`, `intent_expired`.
        """
        return self._change(intent_id, "choose_alternative", None, idempotency_key)

    def reverse(self, intent_id: str, *, idempotency_key: str | None = None) -> Intent:
        """Reverse an approved payment: `POST /v1/payment_intents/{id}/reverse`.

        It is safe to repeat. Raises Problem `wrong_state` for a payment that was not approved.
        """
        return self._change(intent_id, "reverse", None, idempotency_key)

    def _change(
        self, intent_id: str, verb: str, body: Mapping[str, str] | None, key: str | None
    ) -> Intent:
        path = f"/v1/payment_intents/{intent_id}/{verb}"
        return read(Intent, self._transport.post(path, body, idempotency_key=key))
