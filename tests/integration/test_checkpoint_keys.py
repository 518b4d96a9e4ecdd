"""Keys of a real OpenBao that stand for the last checkpoint: they exist or not, and do nothing."""

import base64
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hvac import Client

from facepay.adapters.openbao import OpenBaoVault
from facepay.adapters.openbao_session import OpenBaoSession
from facepay.embedded.openbao_server import EmbeddedOpenBao
from tests.integration.openbao_fixture import session_with

TEXT = base64.b64encode(b"text").decode()
NEW_KEY = {"type": "aes256-gcm96"}
FORBIDDEN = 403


@pytest.fixture
def session(openbao: EmbeddedOpenBao) -> Iterator[OpenBaoSession]:
    session = session_with(openbao)
    yield session
    session.close()


@pytest.fixture
def token(openbao: EmbeddedOpenBao) -> str:
    """Log in as a worker does, for requests that the service never sends."""
    answer = Client(url=openbao.url, token="").auth.approle.login(
        openbao.role_id, openbao.secret_id
    )
    return str(answer["auth"]["client_token"])


def test_the_key_of_a_checkpoint_is_there_until_it_is_destroyed(session: OpenBaoSession) -> None:
    name = f"12-{secrets.token_hex(8)}"
    mine = OpenBaoVault(session, prefix="log-mine")
    other = OpenBaoVault(session, prefix="log-other")
    assert not mine.has_key(name)
    mine.create_key(name)
    mine.create_key(name)
    assert mine.has_key(name)
    assert not other.has_key(name)
    assert mine.destroy_key(name)
    assert not mine.has_key(name)
    assert not mine.destroy_key(name)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "keys/{key}", NEW_KEY | {"exportable": True}),
        ("POST", "keys/{key}/config", {"exportable": True}),
        ("POST", "keys/{key}/config", {"deletion_allowed": False}),
        ("POST", "encrypt/{key}", {"plaintext": TEXT, "associated_data": TEXT}),
        ("POST", "hmac/{key}", {"input": TEXT, "key_version": "1"}),
        ("POST", "sign/{key}", {"input": TEXT}),
        ("GET", "export/encryption-key/{key}", None),
        ("GET", "backup/{key}", None),
        ("LIST", "keys/log-", None),
    ],
)
def test_a_stolen_login_can_do_nothing_else_with_it(
    session: OpenBaoSession,
    openbao: EmbeddedOpenBao,
    token: str,
    method: str,
    path: str,
    body: dict[str, Any] | None,
) -> None:
    name = f"12-{secrets.token_hex(8)}"
    OpenBaoVault(session, prefix="log-mine").create_key(name)
    answer = requests.request(
        method,
        f"{openbao.url}/v1/transit/{path.format(key=f'log-mine-{name}')}",
        json=body,
        headers={"X-Vault-Token": token},
        timeout=5,
    )
    assert answer.status_code == FORBIDDEN
