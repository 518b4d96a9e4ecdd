"""Key files: only the owner can read them, and the thumbprint names the key."""

import hashlib
import json
import stat
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from facepay_client import KeyPair


def test_a_saved_key_comes_back_the_same_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    key, file = KeyPair.generate(), tmp_path / "terminal.pem"
    key.save(file)
    assert KeyPair.load(file).keyid == key.keyid
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "terminal.pem"
    KeyPair.generate().save(file)
    file.chmod(0o640)
    with pytest.raises(PermissionError):
        KeyPair.load(file)


def test_saving_never_replaces_a_key(tmp_path: Path) -> None:
    file = tmp_path / "terminal.pem"
    KeyPair.generate().save(file)
    with pytest.raises(FileExistsError):
        KeyPair.generate().save(file)


@pytest.mark.parametrize(
    "pem",
    [
        KeyPair.generate().public_pem.encode(),
        ECKey.generate_key("P-384").as_pem(private=True),
    ],
    ids=["a public key", "another curve"],
)
def test_another_kind_of_key_is_refused(tmp_path: Path, pem: bytes) -> None:
    file = tmp_path / "other.pem"
    file.write_bytes(pem)
    file.chmod(0o600)
    with pytest.raises(ValueError, match="P-256"):
        KeyPair.load(file)


def test_the_keyid_is_the_thumbprint_of_rfc_7638() -> None:
    key = KeyPair.generate()
    assert set(key.public_jwk) == {"kty", "crv", "x", "y"}
    canonical = json.dumps(key.public_jwk, sort_keys=True, separators=(",", ":")).encode()
    digest = hashlib.sha256(canonical).digest()
    assert key.keyid == urlsafe_b64encode(digest).decode().rstrip("=")


def test_what_is_printed_of_a_key_is_its_name() -> None:
    key = KeyPair.generate()
    assert repr(key) == f"KeyPair(keyid={key.keyid!r})"
