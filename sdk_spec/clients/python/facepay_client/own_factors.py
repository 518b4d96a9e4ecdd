"""What a customer knows and has: second factors, recovery codes, the password.

The face is no proof of anything here. Passwords and codes pass through and are not kept.
"""

from collections.abc import Mapping

from facepay_client.answers import Factor, PasswordChanged, RecoveryCodes, read
from facepay_client.confirm import proof, sign_request_confirmation
from facepay_client.errors import UnreadableAnswer
from facepay_client.keys import KeyPair
from facepay_client.transport import Transport, fresh_key


class OwnFactors:
    """The part of `Customer` that is about these."""

    _transport: Transport

    def add_second_factor(
        self,
        name: str,
        password: str,
        code: str | None = None,
        *,
        confirmation: str | None = None,
        recovery_code: str | None = None,
        idempotency_key: str | None = None,
    ) -> Factor:
        """A pending TOTP factor with its secret; once one is active, it takes that one as well."""
        body = {"name": name} | proof(
            password=password, code=code, confirmation=confirmation, recovery_code=recovery_code
        )
        answer = self._transport.post("/v1/second_factors", body, idempotency_key=idempotency_key)
        return read(Factor, answer)

    def add_device_key(
        self,
        name: str,
        public_jwk: Mapping[str, str],
        password: str,
        code: str | None = None,
        *,
        confirmation: str | None = None,
        recovery_code: str | None = None,
        idempotency_key: str | None = None,
    ) -> Factor:
        """A pending device key, of a pair made for this; it takes what a TOTP factor takes."""
        body = proof(
            password=password, code=code, confirmation=confirmation, recovery_code=recovery_code
        )
        content = {"name": name, "public_key": dict(public_jwk), **body}
        answer = self._transport.post(
            "/v1/second_factors", content, idempotency_key=idempotency_key
        )
        return read(Factor, answer)

    def confirm_second_factor(
        self, factor_id: str, code: str, *, idempotency_key: str | None = None
    ) -> Factor:
        """One right code makes the factor active."""
        path = f"/v1/second_factors/{factor_id}/confirm"
        answer = self._transport.post(path, {"code": code}, idempotency_key=idempotency_key)
        return read(Factor, answer)

    def confirm_device_key(
        self, factor_id: str, key: KeyPair, *, now: float, idempotency_key: str | None = None
    ) -> Factor:
        """One signature of the key itself makes it active; `now` is Unix time."""
        path = f"/v1/second_factors/{factor_id}/confirm"
        nonce = idempotency_key or fresh_key()
        body = {"confirmation": sign_request_confirmation(key, path, nonce, now=now)}
        return read(Factor, self._transport.post(path, body, idempotency_key=nonce))

    def get_second_factors(self) -> tuple[Factor, ...]:
        """Those that live, the oldest first."""
        listed = self._transport.get("/v1/second_factors").get("second_factors")
        if not isinstance(listed, list):
            raise UnreadableAnswer("no list of `second_factors`")
        return tuple(read(Factor, each) for each in listed)

    def rename_second_factor(
        self, factor_id: str, name: str, *, idempotency_key: str | None = None
    ) -> Factor:
        """Only what it is called."""
        path = f"/v1/second_factors/{factor_id}/rename"
        answer = self._transport.post(path, {"name": name}, idempotency_key=idempotency_key)
        return read(Factor, answer)

    def change_password(
        self,
        password: str,
        new_password: str,
        code: str | None = None,
        *,
        confirmation: str | None = None,
        idempotency_key: str | None = None,
    ) -> PasswordChanged:
        """With the password in force and a second factor."""
        body = proof(password=password, code=code, confirmation=confirmation)
        body["new_password"] = new_password
        answer = self._transport.post("/v1/password", body, idempotency_key=idempotency_key)
        return read(PasswordChanged, answer)

    def reset_password(
        self, recovery_code: str, new_password: str, *, idempotency_key: str | None = None
    ) -> PasswordChanged:
        """In place of a forgotten one."""
        body = {"recovery_code": recovery_code, "new_password": new_password}
        answer = self._transport.post("/v1/password/reset", body, idempotency_key=idempotency_key)
        return read(PasswordChanged, answer)

    def make_recovery_codes(
        self,
        password: str,
        code: str | None = None,
        *,
        confirmation: str | None = None,
        recovery_code: str | None = None,
        idempotency_key: str | None = None,
    ) -> RecoveryCodes:
        """Ten codes, each good once, in place of those of before."""
        body = proof(
            password=password, code=code, confirmation=confirmation, recovery_code=recovery_code
        )
        answer = self._transport.post("/v1/recovery_codes", body, idempotency_key=idempotency_key)
        return read(RecoveryCodes, answer)

    def revoke_second_factor(
        self,
        factor_id: str,
        password: str,
        code: str | None = None,
        *,
        confirmation: str | None = None,
        recovery_code: str | None = None,
        idempotency_key: str | None = None,
    ) -> Factor:
        """An active one needs an active one as well, and another one beside it."""
        path = f"/v1/second_factors/{factor_id}/revoke"
        body = proof(
            password=password, code=code, confirmation=confirmation, recovery_code=recovery_code
        )
        return read(Factor, self._transport.post(path, body, idempotency_key=idempotency_key))
