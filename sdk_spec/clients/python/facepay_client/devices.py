"""A customer's devices: list them, add one, withdraw a lost one.

A device's request key signs requests. It is not its device key, which confirms payments
(second_factors.py); make a key pair for each.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from facepay_client.answers import read
from facepay_client.credentials import Credentials
from facepay_client.errors import UnreadableAnswer
from facepay_client.transport import Transport

_PATH = "/v1/devices"


@dataclass(frozen=True)
class RegisteredDevice:
    """A device of a customer; `name` is None for the one that the operator registered."""

    keyid: str
    name: str | None
    created_at: str
    withdrawn_at: str | None


class Devices:
    """The part of `Customer` that manages the customer's devices.

    Every method raises Problem, Unreachable and UnreadableAnswer. The Problem codes that callers
    usually handle are named at each method.
    """

    _transport: Transport

    def get_devices(self) -> tuple[RegisteredDevice, ...]:
        """List the devices that are not withdrawn, the oldest first: `GET /v1/devices`."""
        listed = self._transport.get(_PATH).get("devices")
        if not isinstance(listed, list):
            raise UnreadableAnswer("The answer has no list `devices`.")
        return tuple(read(RegisteredDevice, each) for each in listed)

    def add_device(
        self,
        name: str,
        public_jwk: Mapping[str, str],
        credentials: Credentials,
        *,
        idempotency_key: str | None = None,
    ) -> RegisteredDevice:
        """Add the request key of a further device: `POST /v1/devices`.

        Needs the password and a second factor. `public_jwk` belongs to a key pair that the new
        device made; its private part never leaves it.

        Raises Problem `credentials_rejected`, `already_exists`; `wrong_state` with ten devices.
        """
        body = {"name": name, "public_key": dict(public_jwk), **credentials.body()}
        answer = self._transport.post(_PATH, body, idempotency_key=idempotency_key)
        return read(RegisteredDevice, answer)

    def withdraw_device(
        self, keyid: str, credentials: Credentials, *, idempotency_key: str | None = None
    ) -> RegisteredDevice:
        """Withdraw a device for good: `POST /v1/devices/{keyid}/withdraw`.

        Any one credential is enough. When this returns, the service accepts nothing that the
        device signs. A device can withdraw itself.

        Raises Problem `credentials_rejected`, `not_found`.
        """
        path = f"{_PATH}/{keyid}/withdraw"
        answer = self._transport.post(path, credentials.body(), idempotency_key=idempotency_key)
        return read(RegisteredDevice, answer)
