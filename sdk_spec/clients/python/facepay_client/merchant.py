"""A merchant's backend: it registers terminals and their keys, reads payments, reverses them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from facepay_client.answers import Intent, Registered, read
from facepay_client.errors import UnreadableAnswer
from facepay_client.webhooks import WebhookClient


@dataclass(frozen=True)
class RegisteredTerminal:
    """A terminal; `keyids` are its keys in force, none once they are withdrawn."""

    id: str
    name: str
    city: str | None
    created_at: str
    suspended: bool
    keyids: tuple[str, ...]


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

    def get_terminals(self, after: str | None = None) -> tuple[RegisteredTerminal, ...]:
        """List up to 200 terminals of this merchant: `GET /v1/terminals`.

        `after` is the last id of the page before.
        """
        query = {"after": after} if after else None
        listed = self._transport.get("/v1/terminals", query).get("terminals")
        if not isinstance(listed, list):
            raise UnreadableAnswer("The answer has no list `terminals`.")
        return tuple(read(RegisteredTerminal, each) for each in listed)

    def withdraw_terminal_key(
        self, terminal_id: str, *, idempotency_key: str | None = None
    ) -> RegisteredTerminal:
        """Withdraw a terminal's key for good: `POST /v1/terminals/{id}/withdraw_key`.

        When this returns, the service accepts nothing that the terminal signs, and approves no
        payment that it opened. It is safe to repeat. Raises Problem `not_found`.
        """
        return self._change_terminal(terminal_id, "withdraw_key", None, idempotency_key)

    def replace_terminal_key(
        self,
        terminal_id: str,
        public_jwk: Mapping[str, str],
        *,
        idempotency_key: str | None = None,
    ) -> RegisteredTerminal:
        """Withdraw a terminal's key and give it another: `POST /v1/terminals/{id}/replace_key`.

        The old key ends as with `withdraw_terminal_key`.

        Raises Problem `not_found`; `already_exists` for a key that is or was registered.
        """
        body = {"public_key": dict(public_jwk)}
        return self._change_terminal(terminal_id, "replace_key", body, idempotency_key)

    def replace_key(
        self, public_jwk: Mapping[str, str], *, idempotency_key: str | None = None
    ) -> Registered:
        """Replace this merchant's own key: `POST /v1/merchants/replace_key`.

        The old key signs this request. Afterwards make a new client with the new key. After a lost
        answer, a retry raises Problem `key_withdrawn` when the replacement was made.

        Raises Problem `already_exists` for a key that is or was registered.
        """
        body = {"public_key": dict(public_jwk)}
        path = "/v1/merchants/replace_key"
        return read(Registered, self._transport.post(path, body, idempotency_key=idempotency_key))

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

    def _change_terminal(
        self, terminal_id: str, verb: str, body: Mapping[str, Any] | None, key: str | None
    ) -> RegisteredTerminal:
        path = f"/v1/terminals/{terminal_id}/{verb}"
        return read(RegisteredTerminal, self._transport.post(path, body, idempotency_key=key))
