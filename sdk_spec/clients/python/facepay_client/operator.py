"""The institution that runs the service: it takes in merchants and customers."""

from collections.abc import Mapping

from facepay_client.answers import Registered, read
from facepay_client.webhooks import HearsEvents


class Operator(HearsEvents):
    """Signs with a key that the service's own console knows (`facepay operator add`)."""

    def register_merchant(
        self, name: str, public_jwk: Mapping[str, str], *, idempotency_key: str | None = None
    ) -> Registered:
        """A merchant and the key its backend signs with."""
        body = {"name": name, "public_key": dict(public_jwk)}
        answer = self._transport.post("/v1/merchants", body, idempotency_key=idempotency_key)
        return read(Registered, answer)

    def register_customer(
        self,
        alias: str,
        password: str,
        public_jwk: Mapping[str, str],
        *,
        idempotency_key: str | None = None,
    ) -> Registered:
        """A customer, a password, and the key of the customer's own device."""
        body = {"alias": alias, "password": password, "public_key": dict(public_jwk)}
        answer = self._transport.post("/v1/customers", body, idempotency_key=idempotency_key)
        return read(Registered, answer)
