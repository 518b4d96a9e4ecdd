"""Templates and second-factor secrets, sealed by OpenBao's transit engine.

Rules:
- keys are made and used inside OpenBao and never leave it (`openbao_policy.hcl` sees to that);
- one AES-256-GCM key per enrolment, `enrolment-<name>`: destroying it makes every copy of the
  template unreadable at once. Second-factor secrets share the key `second-factors`;
- `binding` is authenticated as GCM's associated data: a sealed value moved to another row, or
  to another enrolment, does not open;
- the secret that protects a template is an HMAC-SHA-256 of one fixed text under the same key, so
  that it goes with the key; always of the key's first version, so that rotating changes nothing;
- a value that cannot be opened any more raises `SealBroken`; a vault that cannot be asked raises
  `VaultUnavailable`. The first stays so, the second passes.

Plaintexts come back as bytearrays for the caller to overwrite. Python's JSON and base64 make
short-lived immutable copies on the way, which nobody can overwrite: core dumps are off for that.

It does not log in (`openbao_session.py`), sign (`transit_signer.py`), or keep anything.
"""

import base64
import re
from typing import Any

from facepay.adapters.openbao_session import FORBIDDEN, OpenBaoSession, RequestRefused, text_in
from facepay.domain.errors import SealBroken, VaultUnavailable

KEY_TYPE = "aes256-gcm96"
SECOND_FACTORS_KEY = "second-factors"
# Fixed: the policy lets the service ask for the HMAC of this text and of no other.
ROTATION_LABEL = b"facepay template rotation v1"
FIRST_VERSION = "1"  # as text: a policy does not recognise a number in a request
SECRET_BYTES = 32
BAD_REQUEST = 400
NOT_FOUND = 404

# No "/" and no ".", which would name another path of the transit engine.
_KEY_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?")


class OpenBaoVault:
    """Implements the ports TemplateVault and SecretVault. Safe to share between threads."""

    def __init__(self, session: OpenBaoSession, *, mount: str = "transit") -> None:
        self._session = session
        self._mount = mount

    def create_key(self, key_name: str) -> None:
        """Make the key, ready to be destroyed. Once a name, before anything is sealed with it."""
        key = _key_of(key_name)
        self._session.call(
            lambda client: client.secrets.transit.create_key(
                name=key, key_type=KEY_TYPE, mount_point=self._mount
            )
        )
        self._allow_deletion(key)

    def seal(self, key_name: str, plaintext: bytes | bytearray, *, binding: str) -> str:
        return self._encrypt(_key_of(key_name), plaintext, binding)

    def unseal(self, key_name: str, sealed: str, *, binding: str) -> bytearray:
        return self._decrypt(_key_of(key_name), sealed, binding)

    def derive_secret(self, key_name: str) -> bytearray:
        key = _key_of(key_name)
        try:
            answer = self._session.call(
                lambda client: client.secrets.transit.generate_hmac(
                    name=key,
                    hash_input=_base64(ROTATION_LABEL),
                    key_version=FIRST_VERSION,
                    mount_point=self._mount,
                )
            )
        except RequestRefused as refusal:
            if refusal.status == BAD_REQUEST and not self._exists(key):
                raise SealBroken("the key of this enrolment does not exist") from None
            raise
        return _secret_in(answer)

    def destroy_key(self, key_name: str) -> None:
        """Idempotent, also when two callers destroy the same key at once.

        One DELETE and no write to `.../config` before it: OpenBao 2.7 does not order the two, so
        the config of one caller can bring back a key whose deletion another caller was told of.
        """
        key = _key_of(key_name)
        try:
            self._delete(key)
        except RequestRefused:
            # OpenBao answers 400 for a key that is gone and for one it keeps: ask which it is.
            if not self._exists(key):
                return
            # Its creation was interrupted. Nothing was sealed with it, so nothing can come back.
            self._allow_deletion(key)
            self._delete(key)

    def seal_secret(self, plaintext: bytes, *, binding: str) -> str:
        return self._encrypt(SECOND_FACTORS_KEY, plaintext, binding)

    def unseal_secret(self, sealed: str, *, binding: str) -> bytearray:
        return self._decrypt(SECOND_FACTORS_KEY, sealed, binding)

    def _allow_deletion(self, key: str) -> None:
        self._session.call(
            lambda client: client.secrets.transit.update_key_configuration(
                name=key, deletion_allowed=True, mount_point=self._mount
            )
        )

    def _delete(self, key: str) -> None:
        self._session.call(
            lambda client: client.secrets.transit.delete_key(name=key, mount_point=self._mount)
        )

    def _exists(self, key: str) -> bool:
        try:
            self._session.call(
                lambda client: client.secrets.transit.read_key(name=key, mount_point=self._mount)
            )
        except RequestRefused as refusal:
            # A reason would mean a missing mount: then nobody knows whether the key exists.
            if refusal.status == NOT_FOUND and not refusal.explained:
                return False
            raise
        return True

    def _encrypt(self, key: str, plaintext: bytes | bytearray, binding: str) -> str:
        try:
            answer = self._session.call(
                lambda client: client.secrets.transit.encrypt_data(
                    name=key,
                    plaintext=_base64(plaintext),
                    associated_data=_base64(binding.encode()),
                    mount_point=self._mount,
                )
            )
        except RequestRefused as refusal:
            # Without its key, sealing would have to create one, and the policy forbids that.
            if refusal.status == FORBIDDEN and key != SECOND_FACTORS_KEY and not self._exists(key):
                raise SealBroken("the key of this enrolment does not exist") from None
            raise
        return text_in(answer, "data", "ciphertext")

    def _decrypt(self, key: str, sealed: str, binding: str) -> bytearray:
        if not sealed:
            raise SealBroken("there is nothing to open")
        try:
            answer = self._session.call(
                lambda client: client.secrets.transit.decrypt_data(
                    name=key,
                    ciphertext=sealed,
                    associated_data=_base64(binding.encode()),
                    mount_point=self._mount,
                )
            )
        except RequestRefused as refusal:
            if refusal.status == BAD_REQUEST:
                raise SealBroken("the sealed value does not open") from None
            raise
        return _plaintext_in(answer)


def _plaintext_in(answer: Any) -> bytearray:
    try:
        return bytearray(base64.b64decode(text_in(answer, "data", "plaintext"), validate=True))
    except ValueError:
        broken = VaultUnavailable("the vault sent an answer of an unknown form")
    raise broken


def _secret_in(answer: Any) -> bytearray:
    form, _, encoded = text_in(answer, "data", "hmac").rpartition(":")
    try:
        secret = bytearray(base64.b64decode(encoded, validate=True))
    except ValueError:
        secret = bytearray()
    if form != f"vault:v{FIRST_VERSION}" or len(secret) != SECRET_BYTES:
        raise VaultUnavailable("the vault sent an answer of an unknown form")
    return secret


def _key_of(key_name: str) -> str:
    """The key's name in the vault. A malformed one is a bug of ours, hence ValueError."""
    if not _KEY_NAME.fullmatch(key_name):
        raise ValueError("a key name has letters, digits, '-' and '_' only, at most 64")
    return f"enrolment-{key_name}"


def _base64(octets: bytes | bytearray) -> str:
    return base64.b64encode(octets).decode("ascii")
