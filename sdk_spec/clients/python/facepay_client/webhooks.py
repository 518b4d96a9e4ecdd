"""Where events are heard: registering endpoints, for a merchant's backend and for the institution.

Verify what arrives with any library of Standard Webhooks and the endpoint's secret.
"""

from facepay_client.answers import WebhookEndpoint, read
from facepay_client.errors import UnreadableAnswer
from facepay_client.transport import Transport

_PATH = "/v1/webhook_endpoints"


class HearsEvents:
    """A client that may register webhook endpoints of its own."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def register_webhook(self, url: str, *, idempotency_key: str | None = None) -> WebhookEndpoint:
        """Its `secret` is in this answer alone."""
        answer = self._transport.post(_PATH, {"url": url}, idempotency_key=idempotency_key)
        return read(WebhookEndpoint, answer)

    def get_webhooks(self) -> list[WebhookEndpoint]:
        """One's own endpoints, disabled ones too."""
        found = self._transport.get(_PATH).get("webhook_endpoints")
        if not isinstance(found, list):
            raise UnreadableAnswer("an answer without endpoints")
        return [read(WebhookEndpoint, each) for each in found]

    def disable_webhook(
        self, endpoint_id: str, *, idempotency_key: str | None = None
    ) -> WebhookEndpoint:
        """For good."""
        path = f"{_PATH}/{endpoint_id}/disable"
        return read(WebhookEndpoint, self._transport.post(path, idempotency_key=idempotency_key))
