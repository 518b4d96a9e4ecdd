"""Manage what a customer knows and has: second factors, recovery codes, the password.

The face is never enough for any of these requests. This module sends passwords and codes, and
stores none of them.
"""

from collections.abc import Mapping

from facepay_client.answers import Factor, PasswordChanged, RecoveryCodes, read
from facepay_client.confirm import sign_request_confirmation
from facepay_client.credentials import Credentials
from facepay_client.errors import UnreadableAnswer
from facepay_client.keys import KeyPair
from facepay_client.transport import Transport, fresh_key

_PATH = "/v1/second_factors"


class SecondFactors:
    """The part of `Customer` that manages second factors, recovery codes and the password.

    Every method raises Problem, Unreachable and UnreadableAnswer. The Problem codes that callers
    usually handle are named at each method.
    """

    _transport: Transport

    def add_second_factor(
        self, name: str, credentials: Credentials, *, idempotency_key: str | None = None
    ) -> Factor:
        """Add an authenticator: `POST /v1/second_factors`.

        Needs the password. Once a second factor is active, it also needs that one or a recovery
        code. The returned factor is pending and carries its secret; confirm it within 10 minutes.

        Raises Problem `credentials_rejected`.
        """
        body = {"name": name, **credentials.body()}
        return read(Factor, self._transport.post(_PATH, body, idempotency_key=idempotency_key))

    def add_device_key(
        self,
        name: str,
        public_jwk: Mapping[str, str],
        credentials: Credentials,
        *,
        idempotency_key: str | None = None,
    ) -> Factor:
        """Add a device key as a second factor: `POST /v1/second_factors`.

        `public_jwk` belongs to a key pair that was made for this. It needs the same credentials as
        `add_second_factor`.

        Raises Problem `credentials_rejected`, `already_exists`.
        """
        body = {"name": name, "public_key": dict(public_jwk), **credentials.body()}
        return read(Factor, self._transport.post(_PATH, body, idempotency_key=idempotency_key))

    def confirm_second_factor(
        self, factor_id: str, code: str, *, idempotency_key: str | None = None
    ) -> Factor:
        """Activate a pending authenticator with one code: `POST /v1/second_factors/{id}/confirm`.

        Raises Problem `credentials_rejected`; `wrong_state` when the factor is no longer pending.
        """
        path = f"{_PATH}/{factor_id}/confirm"
        answer = self._transport.post(path, {"code": code}, idempotency_key=idempotency_key)
        return read(Factor, answer)

    def confirm_device_key(
        self, factor_id: str, key: KeyPair, *, now: float, idempotency_key: str | None = None
    ) -> Factor:
        """Activate a pending device key with its signature: `POST /v1/second_factors/{id}/confirm`.

        `now` is Unix time in seconds.

        Raises Problem `credentials_rejected`; `wrong_state` when the factor is no longer pending.
        """
        path = f"{_PATH}/{factor_id}/confirm"
        nonce = idempotency_key or fresh_key()
        body = {"confirmation": sign_request_confirmation(key, path, nonce, now=now)}
        return read(Factor, self._transport.post(path, body, idempotency_key=nonce))

    def get_second_factors(self) -> tuple[Factor, ...]:
        """List the factors that are not revoked, the oldest first: `GET /v1/second_factors`."""
        listed = self._transport.get(_PATH).get("second_factors")
        if not isinstance(listed, list):
            raise UnreadableAnswer("The answer has no list `second_factors`.")
        return tuple(read(Factor, each) for each in listed)

    def rename_second_factor(
        self, factor_id: str, name: str, *, idempotency_key: str | None = None
    ) -> Factor:
        """Change the name of a factor, nothing else: `POST /v1/second_factors/{id}/rename`.

        Raises Problem `not_found`.
        """
        path = f"{_PATH}/{factor_id}/rename"
        answer = self._transport.post(path, {"name": name}, idempotency_key=idempotency_key)
        return read(Factor, answer)

    def revoke_second_factor(
        self, factor_id: str, credentials: Credentials, *, idempotency_key: str | None = None
    ) -> Factor:
        """Revoke a factor for good: `POST /v1/second_factors/{id}/revoke`.

        Needs the password and, for an active factor, an active second factor or a recovery code.

        Raises Problem `credentials_rejected`; `wrong_state` for the last active factor.
        """
        path = f"{_PATH}/{factor_id}/revoke"
        answer = self._transport.post(path, credentials.body(), idempotency_key=idempotency_key)
        return read(Factor, answer)

    def change_password(
        self, new_password: str, credentials: Credentials, *, idempotency_key: str | None = None
    ) -> PasswordChanged:
        """Replace the password: `POST /v1/password`.

        Needs the password in force and a second factor. It ends the sessions of the customer's
        page.

        Raises Problem `credentials_rejected`.
        """
        body = {**credentials.body(), "new_password": new_password}
        answer = self._transport.post("/v1/password", body, idempotency_key=idempotency_key)
        return read(PasswordChanged, answer)

    def reset_password(
        self, recovery_code: str, new_password: str, *, idempotency_key: str | None = None
    ) -> PasswordChanged:
        """Replace a forgotten password: `POST /v1/password/reset`.

        Raises Problem `credentials_rejected`.
        """
        body = {"recovery_code": recovery_code, "new_password": new_password}
        answer = self._transport.post("/v1/password/reset", body, idempotency_key=idempotency_key)
        return read(PasswordChanged, answer)

    def make_recovery_codes(
        self, credentials: Credentials, *, idempotency_key: str | None = None
    ) -> RecoveryCodes:
        """Make ten recovery codes, which replace the old ones: `POST /v1/recovery_codes`.

        Needs the password and a second factor. A retry returns no codes: make a new set then.

        Raises Problem `credentials_rejected`.
        """
        body = credentials.body()
        answer = self._transport.post("/v1/recovery_codes", body, idempotency_key=idempotency_key)
        return read(RecoveryCodes, answer)
