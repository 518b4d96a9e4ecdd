"""One till: it opens payments and carries what the payer shows and types.

A terminal learns outcomes and what to show next. It is never told a score, which factor failed,
or whether a face matched.
"""

from collections.abc import Mapping

from facepay_client.answers import Intent, ReservedCapture, read
from facepay_client.confirm import proof
from facepay_client.frames import CapturingClient


class Terminal(CapturingClient):
    """Signs with the key that its merchant registered for it; `device` is its camera."""

    def create_intent(
        self,
        amount_minor: int,
        currency: str,
        order_ref: str,
        *,
        idempotency_key: str | None = None,
    ) -> Intent:
        """Open a payment; it lives 10 minutes. `amount_minor` in cents, pence, …"""
        body = {"amount_minor": amount_minor, "currency": currency, "order_ref": order_ref}
        answer = self._transport.post("/v1/payment_intents", body, idempotency_key=idempotency_key)
        return read(Intent, answer)

    def get_intent(self, intent_id: str) -> Intent:
        """The answer to an outcome that was lost on the way."""
        return read(Intent, self._transport.get(f"/v1/payment_intents/{intent_id}"))

    def open_capture(
        self,
        intent_id: str,
        payer: str,
        *,
        profile: str = "standard",
        idempotency_key: str | None = None,
    ) -> ReservedCapture:
        """For the payer of this alias: show the instructions, then begin it. `profile` is
        "no_light" for somebody who cannot stand the colours."""
        path = f"/v1/payment_intents/{intent_id}/captures"
        body = {"payer": payer, "profile": profile}
        return read(
            ReservedCapture, self._transport.post(path, body, idempotency_key=idempotency_key)
        )

    def send_code(self, intent_id: str, code: str, *, idempotency_key: str | None = None) -> Intent:
        """The payer's six digits: approved with an authorization, or declined."""
        return self._change(intent_id, "second_factor", {"code": code}, idempotency_key)

    def send_confirmation(
        self, intent_id: str, confirmation: str, *, idempotency_key: str | None = None
    ) -> Intent:
        """Instead of digits: what the payer's device signed and handed to the till."""
        body = {"confirmation": confirmation}
        return self._change(intent_id, "second_factor", body, idempotency_key)

    def use_password(
        self,
        intent_id: str,
        payer: str,
        password: str,
        code: str | None = None,
        *,
        confirmation: str | None = None,
        idempotency_key: str | None = None,
    ) -> Intent:
        """Pay the same intent by password and a second factor: a code, or a device's confirmation.

        Open whatever became of the face.
        """
        body = proof(password=password, code=code, confirmation=confirmation) | {"payer": payer}
        return self._change(intent_id, "use_password", body, idempotency_key)

    def choose_alternative(self, intent_id: str, *, idempotency_key: str | None = None) -> Intent:
        """The payer would rather not use the face."""
        return self._change(intent_id, "choose_alternative", None, idempotency_key)

    def reverse(self, intent_id: str, *, idempotency_key: str | None = None) -> Intent:
        """Take an approval back."""
        return self._change(intent_id, "reverse", None, idempotency_key)

    def _change(
        self, intent_id: str, act: str, body: Mapping[str, str] | None, key: str | None
    ) -> Intent:
        path = f"/v1/payment_intents/{intent_id}/{act}"
        return read(Intent, self._transport.post(path, body, idempotency_key=key))
