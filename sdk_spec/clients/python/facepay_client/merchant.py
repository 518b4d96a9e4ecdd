"""A merchant's backend: it registers terminals, reads payments and reverses them."""

from collections.abc import Mapping
from typing import Any

from facepay_client.answers import Intent, Registered, read
from facepay_client.webhooks import WebhookClient


class Merchant(WebhookClient):
    """The client of one merchant. It signs with the key that the operator registered for it.

    Every method raises Problem, Unreachable and UnreadableAnswer.
    """

    def register_terminal(
        self,
        name: str,
        public_jwk: Mapping[str, str],
        *,
        city: str | None = None,
        idempotency_key: str | None = None,
    ) -> Registered:
        """Register a terminal and its public key: `POST /v1/terminals`.

        `city` is the terminal's city. The service flags a payment by face in a city where the
        customer has not paid by face before.

        Raises Problem `already_exists` for a key that is registered already.
        """
        body: dict[str, Any] = {"name": name, "public_key": dict(public_jwk)}
        if city is not None:
            body["city"] = city
        answer = self._transport.post("/v1/terminals", body, idempotency_key=idempotency_key)
        return read(Registered, answer)

    def get_intent(self, intent_id: str) -> Intent:
        """Read a payment of this merchant: `GET /v1/payment_intents/{id}`.

        Raises Problem `not_found`.
        """
        return read(Intent, self._transport.get(f"/v1/payment_intents/{intent_id}"))

    def reverse(self, intent_id: str, *, idempotency_key: str | None = None) -> Intent:
        """Reverse an approved payment: `POST /v1/payment_intents/{id}/reverse`.

        It is safe to repeat. Raises Problem `wrong_state` for a payment that was not approved.
        """
        path = f"/v1/payment_intents/{intent_id}/reverse"
        return read(Intent, self._transport.post(path, idempotency_key=idempotency_key))
