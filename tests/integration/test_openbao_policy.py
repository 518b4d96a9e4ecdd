"""A stolen login of the service is limited by its policy: each attack is tried with that login."""

import base64
import secrets
from typing import Any

import pytest
import requests

from facepay.embedded.openbao_server import EmbeddedOpenBao

FORBIDDEN = 403
TEXT = base64.b64encode(b"text").decode()
ROTATION = {
    "input": base64.b64encode(b"facepay template rotation v1").decode(),
    "key_version": "1",
}
NEW_KEY = {"type": "aes256-gcm96"}
SIGN = {"input": TEXT, "hash_algorithm": "sha2-256", "marshaling_algorithm": "jws"}


class Thief:
    """An attacker with the service's login and curl."""

    def __init__(self, server: EmbeddedOpenBao) -> None:
        self._url = server.url
        self._headers: dict[str, str] = {}
        login = {"role_id": server.role_id, "secret_id": server.secret_id}
        self.auth = self.ask("POST", "auth/approle/login", login).json()["auth"]
        self._headers = {"X-Vault-Token": self.auth["client_token"]}

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> requests.Response:
        return requests.request(
            method, f"{self._url}/v1/{path}", json=body, headers=self._headers, timeout=5
        )


@pytest.fixture
def thief(openbao: EmbeddedOpenBao) -> Thief:
    return Thief(openbao)


@pytest.fixture
def key(thief: Thief) -> str:
    """Make an enrolment's key as the service does."""
    name = f"enrolment-{secrets.token_hex(8)}"
    assert thief.ask("POST", f"transit/keys/{name}", NEW_KEY).ok
    return name


def test_the_login_carries_this_policy_alone_and_lasts_an_hour_at_most(thief: Thief) -> None:
    assert thief.auth["policies"] == ["facepay-service"]
    assert thief.auth["lease_duration"] <= 3600


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "transit/export/encryption-key/{key}", None),
        ("GET", "transit/export/encryption-key/{key}/1", None),
        ("GET", "transit/export/hmac-key/{key}", None),
        ("GET", "transit/export/signing-key/authorizations", None),
        ("GET", "transit/export/encryption-key/second-factors", None),
        ("GET", "transit/byok-export/authorizations/{key}", None),
        ("GET", "transit/backup/{key}", None),
        ("GET", "transit/backup/authorizations", None),
        ("POST", "transit/restore/{key}", {"backup": TEXT}),
        ("POST", "transit/restore", {"backup": TEXT}),
        ("POST", "transit/datakey/plaintext/{key}", {}),
        ("POST", "transit/rewrap/{key}", {"ciphertext": "vault:v1:AAAA"}),
    ],
)
def test_no_key_leaves_the_vault(
    thief: Thief, key: str, method: str, path: str, body: dict[str, Any] | None
) -> None:
    assert thief.ask(method, path.format(key=key), body).status_code == FORBIDDEN


@pytest.mark.parametrize(
    "wish",
    [
        {"exportable": True},
        {"Exportable": True},
        {"exportable": "true"},
        {"exportable": False},
        {"allow_plaintext_backup": True},
        {"derived": True},
        {"convergent_encryption": True, "derived": True},
        {"type": "rsa-4096"},
        {"type": "ecdsa-p256"},
        {"auto_rotate_period": "1h"},
    ],
)
def test_no_key_can_be_made_to_leave_later(thief: Thief, wish: dict[str, Any]) -> None:
    name = f"enrolment-{secrets.token_hex(8)}"
    assert thief.ask("POST", f"transit/keys/{name}", NEW_KEY | wish).status_code == FORBIDDEN
    assert thief.ask("GET", f"transit/keys/{name}").status_code == 404


@pytest.mark.parametrize(
    ("below", "body"),
    [
        ("config", {"exportable": True}),
        ("config", {"deletion_allowed": True, "exportable": True}),
        ("config", {"allow_plaintext_backup": True}),
        ("config", {"min_decryption_version": 1}),
        ("config", {"deletion_allowed": False}),
        ("trim", {"min_available_version": 1}),
        ("import", {"ciphertext": TEXT}),
        ("import_version", {"ciphertext": TEXT}),
        ("rotate", {"exportable": True}),
    ],
)
def test_no_key_can_be_changed_to_leave(
    thief: Thief, key: str, below: str, body: dict[str, Any]
) -> None:
    assert thief.ask("POST", f"transit/keys/{key}/{below}", body).status_code == FORBIDDEN


@pytest.mark.parametrize("detour", ["?exportable=true&allow_plaintext_backup=true", ""])
def test_a_key_made_or_rotated_by_a_thief_still_cannot_leave(thief: Thief, detour: str) -> None:
    name = f"enrolment-{secrets.token_hex(8)}"
    thief.ask("POST", f"transit/keys/{name}{detour}", NEW_KEY)
    thief.ask("POST", f"transit/keys/{name}/rotate{detour}", {})
    thief.ask("POST", f"transit/keys/{name}/config{detour}", {"deletion_allowed": True})
    answer = thief.ask("GET", f"transit/keys/{name}").json()["data"]
    assert answer["exportable"] is False
    assert answer["allow_plaintext_backup"] is False


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("LIST", "transit/keys"),
        ("GET", "transit/keys?list=true"),
        ("GET", "transit/keys/?list=true"),
        ("SCAN", "transit/keys"),
        ("LIST", "transit/keys/enrolment-"),
        ("LIST", "transit/keys/{key}"),
        ("GET", "transit/keys/enrolment-?list=true"),
    ],
)
def test_enrolments_cannot_be_counted(thief: Thief, key: str, method: str, path: str) -> None:
    assert thief.ask(method, path.format(key=key)).status_code == FORBIDDEN


@pytest.mark.parametrize("shared", ["authorizations", "second-factors"])
@pytest.mark.parametrize(
    ("method", "below", "body"),
    [
        ("DELETE", "", None),
        ("POST", "", NEW_KEY),
        ("POST", "/config", {"deletion_allowed": True}),
        ("POST", "/config", {"min_decryption_version": 2}),
        ("POST", "/rotate", {}),
        ("DELETE", "/soft-delete", None),
        ("POST", "/trim", {"min_available_version": 1}),
    ],
)
def test_shared_keys_stay_as_they_are(
    thief: Thief, shared: str, method: str, below: str, body: dict[str, Any] | None
) -> None:
    assert thief.ask(method, f"transit/keys/{shared}{below}", body).status_code == FORBIDDEN


def test_only_the_public_half_of_the_signing_key_can_be_read(
    thief: Thief,
) -> None:
    assert thief.ask("GET", "transit/keys/second-factors").status_code == FORBIDDEN
    signing_key = thief.ask("GET", "transit/keys/authorizations").json()["data"]
    assert signing_key["exportable"] is False
    assert "PUBLIC KEY" in signing_key["keys"]["1"]["public_key"]
    assert "PRIVATE" not in str(signing_key)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "transit/keys/another", NEW_KEY),
        ("POST", "transit/keys/enrolment", NEW_KEY),
        ("POST", "transit/encrypt/another", {"plaintext": TEXT, "associated_data": TEXT}),
        ("POST", "transit/encrypt/authorizations", {"plaintext": TEXT, "associated_data": TEXT}),
        ("POST", "transit/config/keys", {"disable_upsert": False}),
        ("POST", "transit/cache-config", {"size": 0}),
        ("POST", "sys/mounts/mine", {"type": "transit"}),
        ("GET", "sys/mounts", None),
        ("GET", "sys/policies/acl/facepay-service", None),
        ("POST", "sys/policies/acl/facepay-service", {"policy": 'path "*" {}'}),
        ("LIST", "sys/policies/acl", None),
        ("GET", "sys/audit", None),
        ("DELETE", "sys/audit/file", None),
        ("POST", "sys/seal", {}),
        ("GET", "sys/storage/raft/snapshot", None),
        ("GET", "sys/raw/core", None),
        ("POST", "sys/capabilities-self", {"paths": ["transit/keys"]}),
        ("POST", "auth/token/create", {}),
        ("GET", "auth/token/lookup-self", None),
        ("POST", "auth/approle/role/facepay-service/secret-id", {}),
        ("GET", "auth/approle/role/facepay-service", None),
        ("POST", "identity/entity", {}),
    ],
)
def test_no_other_path_is_permitted(
    thief: Thief, method: str, path: str, body: dict[str, Any] | None
) -> None:
    assert thief.ask(method, path, body).status_code == FORBIDDEN


def test_sealing_makes_no_keys(thief: Thief, openbao: EmbeddedOpenBao) -> None:
    body = {"plaintext": TEXT, "associated_data": TEXT}
    assert thief.ask("POST", "transit/encrypt/enrolment-new", body).status_code == FORBIDDEN
    by_root = requests.post(
        f"{openbao.url}/v1/transit/encrypt/enrolment-new",
        json=body,
        headers={"X-Vault-Token": openbao.root_token},
        timeout=5,
    )
    assert by_root.status_code == 400  # upserts are off for everybody
    assert thief.ask("GET", "transit/keys/enrolment-new").status_code == 404


@pytest.mark.parametrize("key_name", ["{key}", "second-factors"])
@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("encrypt", {"plaintext": TEXT}),
        ("encrypt", {"batch_input": [{"plaintext": TEXT}]}),
        ("encrypt", {"plaintext": TEXT, "associated_data": TEXT, "nonce": TEXT}),
        ("encrypt", {"plaintext": TEXT, "associated_data": TEXT, "type": "rsa-2048"}),
        ("decrypt", {"ciphertext": "vault:v1:AAAA"}),
        ("decrypt", {"batch_input": [{"ciphertext": "vault:v1:AAAA"}]}),
    ],
)
def test_nothing_is_sealed_or_opened_without_its_binding(
    thief: Thief, key: str, key_name: str, verb: str, body: dict[str, Any]
) -> None:
    path = f"transit/{verb}/{key_name.format(key=key)}"
    assert thief.ask("POST", path, body).status_code == FORBIDDEN


def test_an_enrolments_key_makes_the_hmac_of_one_fixed_text_only(thief: Thief, key: str) -> None:
    path = f"transit/hmac/{key}"
    answer = thief.ask("POST", path, ROTATION)
    assert answer.json()["data"]["hmac"].startswith("vault:v1:")
    for name, values in {
        "input": [TEXT, "", ROTATION["input"].rstrip("=")],
        "key_version": [1, "0", "2", "latest"],
        "algorithm": ["sha2-512", "sha2-256"],
        "batch_input": [[{"input": TEXT}]],
    }.items():
        for value in values:
            assert thief.ask("POST", path, ROTATION | {name: value}).status_code == FORBIDDEN
    for name in ROTATION:
        less = {other: value for other, value in ROTATION.items() if other != name}
        assert thief.ask("POST", path, less).status_code == FORBIDDEN
        assert thief.ask("POST", f"{path}?{name}={ROTATION[name]}", less).status_code == FORBIDDEN
    assert thief.ask("GET", path).status_code == FORBIDDEN
    assert thief.ask("POST", path, {"batch_input": [ROTATION]}).status_code == FORBIDDEN


@pytest.mark.parametrize("below", ["sha2-512", "sha1", "none", "sha2-256/x", "x"])
def test_another_hash_named_in_the_path_is_no_way_around(
    thief: Thief, key: str, below: str
) -> None:
    """The policy cannot close these paths; none returns the secret of a template."""
    path = f"transit/hmac/{key}"
    secret = thief.ask("POST", path, ROTATION).json()["data"]["hmac"]
    assert thief.ask("POST", f"{path}/{below}", ROTATION | {"input": TEXT}).status_code == FORBIDDEN
    answer = thief.ask("POST", f"{path}/{below}", ROTATION)
    assert answer.status_code in {200, 400, 404, 405}
    assert secret not in answer.text


@pytest.mark.parametrize("shared", ["second-factors", "authorizations", "another"])
@pytest.mark.parametrize("verb", ["hmac", "verify"])
def test_an_hmac_of_the_shared_keys_is_refused(thief: Thief, verb: str, shared: str) -> None:
    assert thief.ask("POST", f"transit/{verb}/{shared}", ROTATION).status_code == FORBIDDEN


@pytest.mark.parametrize(
    "other",
    [
        {"prehashed": True},
        {"hash_algorithm": "none"},
        {"hash_algorithm": "sha1"},
        {"marshaling_algorithm": "asn1"},
        {"key_version": 1},
        {"batch_input": [{"input": TEXT}]},
    ],
)
def test_only_whole_messages_are_signed_and_only_as_es256(
    thief: Thief, other: dict[str, Any]
) -> None:
    assert thief.ask("POST", "transit/sign/authorizations", SIGN).ok
    refused = thief.ask("POST", "transit/sign/authorizations", SIGN | other)
    assert refused.status_code == FORBIDDEN
    in_path = thief.ask("POST", "transit/sign/authorizations/sha2-512", SIGN)
    assert in_path.status_code == FORBIDDEN
