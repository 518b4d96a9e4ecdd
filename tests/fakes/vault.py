"""A vault and a signer in memory: they can be unavailable and keep every returned buffer."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from facepay.domain.errors import SealBroken, VaultUnavailable
from tests.fakes.journal import Journal

SECRETS_KEY = "second-factors"


class Key:
    """Equal to itself alone: a new key of the same name is another one."""

    def __init__(self) -> None:
        self.material = secrets.token_bytes(32)


@dataclass(frozen=True)
class _Sealed:
    key: Key
    binding: str
    plaintext: bytes


class FakeVault:
    """Implements `ports.TemplateVault`, `ports.SecretVault` and `ports.CheckpointKeys`."""

    def __init__(self, journal: Journal) -> None:
        self.away = False
        self.keys: dict[str, Key] = {SECRETS_KEY: Key()}
        self.opened: list[bytearray] = []
        self._journal = journal
        self._sealed: dict[str, _Sealed] = {}

    def create_key(self, key_name: str) -> None:
        self._ask("create_key")
        self.keys.setdefault(key_name, Key())

    def seal(self, key_name: str, plaintext: bytes | bytearray, *, binding: str) -> str:
        self._ask("seal")
        return self._seal(key_name, plaintext, binding)

    def unseal(self, key_name: str, sealed: str, *, binding: str) -> bytearray:
        self._ask("unseal")
        return self._unseal(key_name, sealed, binding)

    def derive_secret(self, key_name: str) -> bytearray:
        self._ask("derive_secret")
        key = self.keys.get(key_name)
        if key is None:
            raise SealBroken()
        secret = bytearray(hashlib.sha256(key.material).digest())
        self.opened.append(secret)
        return secret

    def has_key(self, key_name: str) -> bool:
        self._ask("has_key")
        return key_name in self.keys

    def destroy_key(self, key_name: str) -> bool:
        self._ask("destroy_key")
        return self.keys.pop(key_name, None) is not None

    def seal_secret(self, plaintext: bytes, *, binding: str) -> str:
        self._ask("seal_secret")
        return self._seal(SECRETS_KEY, plaintext, binding)

    def unseal_secret(self, sealed: str, *, binding: str) -> bytearray:
        self._ask("unseal_secret")
        return self._unseal(SECRETS_KEY, sealed, binding)

    def _ask(self, method: str) -> None:
        self._journal.note(f"vault.{method}")
        if self.away:
            raise VaultUnavailable()

    def _seal(self, name: str, plaintext: bytes | bytearray, binding: str) -> str:
        key = self.keys.get(name)  # read once: another thread may destroy it meanwhile
        if key is None:
            raise SealBroken()
        token = f"sealed:{secrets.token_hex(8)}"
        self._sealed[token] = _Sealed(key, binding, bytes(plaintext))
        return token

    def _unseal(self, name: str, token: str, binding: str) -> bytearray:
        sealed = self._sealed.get(token)
        if sealed is None or sealed.key is not self.keys.get(name) or sealed.binding != binding:
            raise SealBroken()
        buffer = bytearray(sealed.plaintext)
        self.opened.append(buffer)
        return buffer


class FakeSigner:
    """Implements `ports.RootSigner`: returns the shape of a JWS, and knows those that it made."""

    def __init__(self, journal: Journal, name: str = "signer") -> None:
        self.away = False
        self._name = name
        self.signed: list[dict[str, Any]] = []
        self._tokens: dict[tuple[str, str], dict[str, Any]] = {}
        self._journal = journal

    def sign(self, claims: Mapping[str, Any], *, typ: str) -> str:
        self._journal.note(f"{self._name}.sign")
        if self.away:
            raise VaultUnavailable()
        self.signed.append(dict(claims))
        parts = ({"alg": "none", "typ": typ}, dict(claims))
        encoded = (urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts)
        token = ".".join([*encoded, f"not-a-signature-{len(self.signed)}"])
        self._tokens[token, typ] = dict(claims)
        return token

    def verify(self, token: str, *, typ: str) -> Mapping[str, Any] | None:
        if self.away:
            raise VaultUnavailable()
        return self._tokens.get((token, typ))

    def prepare(self) -> None:
        self._journal.note(f"{self._name}.prepare")
