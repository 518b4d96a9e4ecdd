"""Register webhook endpoints, for a merchant's backend and for an operator.

Verify each event with any Standard Webhooks library and the endpoint's secret.
"""

from facepay_client.answers import WebhookEndpoint, read
from facepay_client.errors import UnreadableAnswer
from facepay_client.transport import Transport

_PATH = "/v1/webhook_endpoints"


class WebhookClient:
    """The part of `Merchant` and `Operator` that manages webhook endpoints.

    Every method raises Problem, Unreachable and UnreadableAnswer.
    """

    def __init__(self, transport: Transport) -> None:
        """Use `transport`, and the key that it signs with."""
        self._transport = transport

    def register_webhook(self, url: str, *, idempotency_key: str | None = None) -> WebhookEndpoint:
        """Register an endpoint: `POST /v1/webhook_endpoints`.

        `url` is an https address of the public internet. The answer carries `secret`: store it.

        Raises Problem `invalid_request` for another address.
        """
        answer = self._transport.post(_PATH, {"url": url}, idempotency_key=idempotency_key)
        return read(WebhookEndpoint, answer)

    def get_webhooks(self) -> list[WebhookEndpoint]:
        """List this client's endpoints, disabled ones too: `GET /v1/webhook_endpoints`."""
        found = self._transport.get(_PATH).get("webhook_endpoints")
        if not isinstance(found, list):
            raise UnreadableAnswer("The answer has no list `webhook_endpoints`.")
        return [read(WebhookEndpoint, each) for each in found]

    def disable_webhook(
        self, endpoint_id: str, *, idempotency_key: str | None = None
    ) -> WebhookEndpoint:
        """Disable an endpoint for good: `POST /v1/webhook_endpoints/{id}/disable`.

        Raises Problem `not_found`.
        """
        path = f"{_PATH}/{endpoint_id}/disable"
        return read(WebhookEndpoint, self._transport.post(path, idempotency_key=idempotency_key))
