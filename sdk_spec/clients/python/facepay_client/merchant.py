"""A merchant's backend: it takes in terminals, looks at payments and reverses them."""

from collections.abc import Mapping
from typing import Any

from facepay_client.answers import Intent, Registered, read
from facepay_client.webhooks import HearsEvents


class Merchant(HearsEvents):
    """Signs with the key that the operator registered for it."""

    def register_terminal(
        self,
        name: str,
        public_jwk: Mapping[str, str],
        *,
        city: str | None = None,
        idempotency_key: str | None = None,
    ) -> Registered:
        """`city` is where it stands: customers are told when their face is used in another one."""
        body: dict[str, Any] = {"name": name, "public_key": dict(public_jwk)}
        if city is not None:
            body["city"] = city
        answer = self._transport.post("/v1/terminals", body, idempotency_key=idempotency_key)
        return read(Registered, answer)

    def get_intent(self, intent_id: str) -> Intent:
        return read(Intent, self._transport.get(f"/v1/payment_intents/{intent_id}"))

    def reverse(self, intent_id: str, *, idempotency_key: str | None = None) -> Intent:
        """Take an approval back."""
        path = f"/v1/payment_intents/{intent_id}/reverse"
        return read(Intent, self._transport.post(path, idempotency_key=idempotency_key))
