"""Seal templates and second-factor secrets with OpenBao's transit engine.

Rules:
- Keys are made and used inside OpenBao and never leave it; `openbao_policy.hcl` enforces that.
- Each enrolment has its own AES-256-GCM key, `enrolment-<name>`. Destroying it makes every copy of
  the template unreadable at once. Second-factor secrets share the key `second-factors`.
- Keys `log-<name>-…` seal nothing: which of them exists tells which checkpoint was signed last.
- `binding` is GCM's associated data, so a sealed value that was moved to another row or another
  enrolment does not open.
- The secret that protects a template is the HMAC-SHA-256 of one fixed text under the enrolment's
  key, and is lost with that key. It uses the first version of the key, so rotating the key does not
  change it.
- A value that can no longer be opened raises `SealBroken`, which is permanent. An unreachable
  OpenBao raises `VaultUnavailable`, which is temporary.

Plaintexts are returned as bytearrays, which the caller overwrites. Python's JSON and base64 make
short-lived immutable copies, which the caller cannot reach; freed memory is overwritten
(`memory_scrubbing.py`), and core dumps are off.

This module does not log in (`openbao_session.py`), sign (`transit_signer.py`) or store anything.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any

from facepay.adapters.openbao_answers import (
    BAD_REQUEST,
    FORBIDDEN,
    NOT_FOUND,
    RequestRefused,
    data_in,
    data_or_nothing_in,
    nothing_in,
    text_in,
    unknown_form,
)
from facepay.adapters.openbao_session import OpenBaoSession
from facepay.domain.errors import SealBroken, VaultUnavailable

ENROLMENT = "enrolment"
KEY_TYPE = "aes256-gcm96"
SECOND_FACTORS_KEY = "second-factors"
# Fixed: the policy permits the HMAC of this text only.
ROTATION_LABEL = b"facepay template rotation v1"
FIRST_VERSION = "1"  # as text, because a policy does not match a number in a request
SECRET_BYTES = 32

# Without "/" and ".", which could name another path of the transit engine.
_KEY_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?")


class OpenBaoVault:
    """Implementation of `ports.TemplateVault`, `ports.SecretVault` and `ports.CheckpointKeys`.

    Safe to share between threads.
    """

    def __init__(
        self, session: OpenBaoSession, *, mount: str = "transit", prefix: str = ENROLMENT
    ) -> None:
        """Set the login; `prefix` begins the name of each key that is made and destroyed here."""
        self._session = session
        self._mount = mount
        self._prefix = prefix

    def create_key(self, key_name: str) -> None:
        """Make a key that may be destroyed. Call it once for a name, before sealing with the key.

        Raises VaultUnavailable.
        """
        key = self._key_of(key_name)
        self._session.call(
            lambda client: client.secrets.transit.create_key(
                name=key, key_type=KEY_TYPE, mount_point=self._mount
            ),
            data_or_nothing_in,
        )
        self._allow_deletion(key)

    def seal(self, key_name: str, plaintext: bytes | bytearray, *, binding: str) -> str:
        return self._encrypt(self._key_of(key_name), plaintext, binding)

    def unseal(self, key_name: str, sealed: str, *, binding: str) -> bytearray:
        return self._decrypt(self._key_of(key_name), sealed, binding)

    def derive_secret(self, key_name: str) -> bytearray:
        key = self._key_of(key_name)
        try:
            answer = self._session.call(
                lambda client: client.secrets.transit.generate_hmac(
                    name=key,
                    hash_input=_base64(ROTATION_LABEL),
                    key_version=FIRST_VERSION,
                    mount_point=self._mount,
                ),
                data_in,
            )
        except RequestRefused as refusal:
            if refusal.status == BAD_REQUEST and not self._exists(key):
                raise SealBroken("the key of this enrolment does not exist") from None
            raise
        return _secret_in(answer)

    def destroy_key(self, key_name: str) -> bool:
        """Destroy a key; return False if OpenBao has none of this name.

        True means that OpenBao acknowledged the deletion and, asked for the key afterwards, said
        that it is gone. Two callers may destroy the same key at once.

        It sends one DELETE and, before it, no write to `.../config`. OpenBao 2.7 does not order the
        two, so the write of one caller could restore a key whose deletion another caller has
        acknowledged. Raises VaultUnavailable, also when the key is still there.
        """
        key = self._key_of(key_name)
        try:
            self._delete(key)
        except RequestRefused:
            # OpenBao answers 400 for a missing key and for one that may not be deleted.
            if not self._exists(key):
                return False
            # Its creation was interrupted. Nothing was sealed with it, so nothing can be restored.
            self._allow_deletion(key)
            self._delete(key)
        if self._exists(key):
            raise VaultUnavailable("OpenBao acknowledged a deletion, and the key is still there")
        return True

    def seal_secret(self, plaintext: bytes, *, binding: str) -> str:
        return self._encrypt(SECOND_FACTORS_KEY, plaintext, binding)

    def unseal_secret(self, sealed: str, *, binding: str) -> bytearray:
        return self._decrypt(SECOND_FACTORS_KEY, sealed, binding)

    def has_key(self, key_name: str) -> bool:
        return self._exists(self._key_of(key_name))

    def _key_of(self, key_name: str) -> str:
        """Return the key's name in OpenBao. Raises ValueError, which means a bug in the caller."""
        if not _KEY_NAME.fullmatch(key_name):
            raise ValueError("a key name has at most 64 letters, digits, '-' and '_'")
        return f"{self._prefix}-{key_name}"

    def _allow_deletion(self, key: str) -> None:
        written = self._session.call(
            lambda client: client.secrets.transit.update_key_configuration(
                name=key, deletion_allowed=True, mount_point=self._mount
            ),
            data_or_nothing_in,
        )
        present = written or self._read(key)
        if (present.get("name"), present.get("deletion_allowed")) != (key, True):
            raise VaultUnavailable("OpenBao made a key that cannot be destroyed")

    def _delete(self, key: str) -> None:
        self._session.call(
            lambda client: client.secrets.transit.delete_key(name=key, mount_point=self._mount),
            nothing_in,
        )

    def _exists(self, key: str) -> bool:
        try:
            self._read(key)
        except RequestRefused as refusal:
            # A 404 with a reason means a missing mount, which says nothing about the key.
            if refusal.status == NOT_FOUND and not refusal.explained:
                return False
            raise
        return True

    def _read(self, key: str) -> Mapping[str, Any]:
        present = self._session.call(
            lambda client: client.secrets.transit.read_key(name=key, mount_point=self._mount),
            data_in,
        )
        if present.get("name") != key:
            raise unknown_form()
        return present

    def _encrypt(self, key: str, plaintext: bytes | bytearray, binding: str) -> str:
        try:
            answer = self._session.call(
                lambda client: client.secrets.transit.encrypt_data(
                    name=key,
                    plaintext=_base64(plaintext),
                    associated_data=_base64(binding.encode()),
                    mount_point=self._mount,
                ),
                data_in,
            )
        except RequestRefused as refusal:
            # OpenBao would create a missing key, which the policy forbids: hence 403.
            if refusal.status == FORBIDDEN and key != SECOND_FACTORS_KEY and not self._exists(key):
                raise SealBroken("the key of this enrolment does not exist") from None
            raise
        return text_in(answer, "ciphertext")

    def _decrypt(self, key: str, sealed: str, binding: str) -> bytearray:
        if not sealed:
            raise SealBroken("the sealed value is empty")
        try:
            answer = self._session.call(
                lambda client: client.secrets.transit.decrypt_data(
                    name=key,
                    ciphertext=sealed,
                    associated_data=_base64(binding.encode()),
                    mount_point=self._mount,
                ),
                data_in,
            )
        except RequestRefused as refusal:
            if refusal.status == BAD_REQUEST:
                raise SealBroken("the sealed value does not open") from None
            raise
        return _plaintext_in(answer)


def _plaintext_in(answer: Mapping[str, Any]) -> bytearray:
    try:
        return bytearray(base64.b64decode(text_in(answer, "plaintext"), validate=True))
    except ValueError:
        broken = unknown_form()
    raise broken


def _secret_in(answer: Mapping[str, Any]) -> bytearray:
    form, _, encoded = text_in(answer, "hmac").rpartition(":")
    try:
        secret = bytearray(base64.b64decode(encoded, validate=True))
    except ValueError:
        secret = bytearray()
    if form != f"vault:v{FIRST_VERSION}" or len(secret) != SECRET_BYTES:
        raise unknown_form()
    return secret


def _base64(octets: bytes | bytearray) -> str:
    return base64.b64encode(octets).decode("ascii")
