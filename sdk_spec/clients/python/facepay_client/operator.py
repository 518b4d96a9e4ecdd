"""An operator: it registers merchants and customers, and acts under dual control."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from facepay_client.answers import OperatorAction, Registered, read
from facepay_client.webhooks import WebhookClient


@dataclass(frozen=True)
class Suspension:
    """A suspension by one operator; `id` is the terminal's or the merchant's."""

    id: str
    suspended_at: str
    suspended_until: str


class Operator(WebhookClient):
    """The client of one operator. It signs with a key that `facepay operator add` registered.

    Every method raises Problem, Unreachable and UnreadableAnswer.
    """

    def register_merchant(
        self, name: str, public_jwk: Mapping[str, str], *, idempotency_key: str | None = None
    ) -> Registered:
        """Register a merchant and the public key of its backend: `POST /v1/merchants`.

        Raises Problem `already_exists` for a key that is registered already.
        """
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
        """Register a customer with a password and a device's public key: `POST /v1/customers`.

        `alias` is the name by which the customer pays, such as an e-mail address.

        Raises Problem `already_exists` when the alias or the key is registered already.
        """
        body = {"alias": alias, "password": password, "public_key": dict(public_jwk)}
        answer = self._transport.post("/v1/customers", body, idempotency_key=idempotency_key)
        return read(Registered, answer)

    def request_action(
        self, kind: str, target: Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> OperatorAction:
        """Request an action under dual control: `POST /v1/operator_actions`.

        `kind` is revoke_face, revoke_cohort, clear_duress, issue_recovery, withdraw_key,
        replace_key, suspend or resume; `target` is described in sdk_spec/protocol.md. Another
        operator has to approve it within an hour.

        Raises Problem `invalid_request` for a target that does not fit the kind, `not_found`.
        """
        body = {"kind": kind, "target": dict(target)}
        return self._post_action("", body, idempotency_key)

    def approve_action(
        self, action_id: str, *, idempotency_key: str | None = None
    ) -> OperatorAction:
        """Approve an action of another operator: `POST /v1/operator_actions/{id}/approve`.

        The service carries it out at once; a cohort is revoked in batches, see `continue_action`.

        Raises Problem `second_operator_needed`; `wrong_state` when it is not open for approval.
        """
        return self._post_action(f"/{action_id}/approve", None, idempotency_key)

    def continue_action(
        self, action_id: str, *, at_most: int = 200, idempotency_key: str | None = None
    ) -> OperatorAction:
        """Process the next batch of a cohort: `POST /v1/operator_actions/{id}/continue`.

        `at_most` is a number of faces. Call it again until `state` is "done".

        Raises Problem `wrong_state` for an action that is not approved.
        """
        return self._post_action(f"/{action_id}/continue", {"at_most": at_most}, idempotency_key)

    def get_action(self, action_id: str) -> OperatorAction:
        """Read an action: `GET /v1/operator_actions/{id}`. Raises Problem `not_found`."""
        return read(OperatorAction, self._transport.get(f"/v1/operator_actions/{action_id}"))

    def suspend_terminal(
        self, terminal_id: str, *, minutes: int = 60, idempotency_key: str | None = None
    ) -> Suspension:
        """Suspend a terminal for up to an hour: `POST /v1/terminals/{id}/suspend`.

        Two operators can suspend it for longer: `request_action` with the kind suspend.

        Raises Problem `not_found`; `wrong_state` when it is or was suspended within the last day.
        """
        return self._suspend(f"/v1/terminals/{terminal_id}", minutes, idempotency_key)

    def suspend_merchant(
        self, merchant_id: str, *, minutes: int = 60, idempotency_key: str | None = None
    ) -> Suspension:
        """Suspend a merchant and its terminals: `POST /v1/merchants/{id}/suspend`.

        Raises Problem `not_found`; `wrong_state` as `suspend_terminal` does.
        """
        return self._suspend(f"/v1/merchants/{merchant_id}", minutes, idempotency_key)

    def _suspend(self, party: str, minutes: int, key: str | None) -> Suspension:
        body = {"minutes": minutes}
        answer = self._transport.post(f"{party}/suspend", body, idempotency_key=key)
        return read(Suspension, answer)

    def _post_action(
        self, path: str, body: Mapping[str, Any] | None, idempotency_key: str | None
    ) -> OperatorAction:
        path = f"/v1/operator_actions{path}"
        answer = self._transport.post(path, body, idempotency_key=idempotency_key)
        return read(OperatorAction, answer)
