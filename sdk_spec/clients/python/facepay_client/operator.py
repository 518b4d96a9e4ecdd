"""The institution that runs the service: it takes in merchants and customers."""

from collections.abc import Mapping
from typing import Any

from facepay_client.answers import OperatorAction, Registered, read
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

    def request_action(
        self, kind: str, target: Mapping[str, str], *, idempotency_key: str | None = None
    ) -> OperatorAction:
        """`revoke_face` or `revoke_cohort`: another operator has to approve it within the hour."""
        body = {"kind": kind, "target": dict(target)}
        return self._act("", body, idempotency_key)

    def approve_action(
        self, action_id: str, *, idempotency_key: str | None = None
    ) -> OperatorAction:
        """What another operator asked for. A face is revoked at once, a cohort in batches."""
        return self._act(f"/{action_id}/approve", None, idempotency_key)

    def continue_action(
        self, action_id: str, *, at_most: int = 200, idempotency_key: str | None = None
    ) -> OperatorAction:
        """The next batch; again until `state` is done."""
        return self._act(f"/{action_id}/continue", {"at_most": at_most}, idempotency_key)

    def get_action(self, action_id: str) -> OperatorAction:
        return read(OperatorAction, self._transport.get(f"/v1/operator_actions/{action_id}"))

    def _act(
        self, path: str, body: Mapping[str, Any] | None, idempotency_key: str | None
    ) -> OperatorAction:
        path = f"/v1/operator_actions{path}"
        answer = self._transport.post(path, body, idempotency_key=idempotency_key)
        return read(OperatorAction, answer)
