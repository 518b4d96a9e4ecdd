"""One real OpenBao for a whole test session, and logins to it.

`tests/conftest.py` binds both fixtures, so tests just name them. A module that stops the server or
rotates its keys binds them again, and gets a server of its own:

    from tests.integration import openbao_fixture
    openbao = openbao_fixture.openbao
    vault = openbao_fixture.vault
"""

import secrets
from collections.abc import Iterator

import pytest
import requests

from facepay.adapters.openbao import OpenBaoVault
from facepay.adapters.openbao_session import OpenBaoSession
from facepay.embedded.openbao_server import EmbeddedOpenBao

TEMPLATE = b"a template that must not leak: " + secrets.token_bytes(512)
BINDING = "customer-1/enrolment-1/v1"


@pytest.fixture(scope="session")
def openbao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedOpenBao]:
    with EmbeddedOpenBao(tmp_path_factory.mktemp("openbao")) as server:
        yield server


def session_with(server: EmbeddedOpenBao, *, timeout: float = 3.0) -> OpenBaoSession:
    """Log in as a worker of the service does. Close it."""
    return OpenBaoSession(
        server.url, role_id=server.role_id, secret_id=server.secret_id, timeout=timeout
    )


@pytest.fixture
def vault(openbao: EmbeddedOpenBao) -> Iterator[OpenBaoVault]:
    session = session_with(openbao)
    yield OpenBaoVault(session)
    session.close()


def new_enrolment(vault: OpenBaoVault) -> str:
    enrolment_id = secrets.token_hex(8)
    vault.create_key(enrolment_id)
    return enrolment_id


def administer(server: EmbeddedOpenBao, path: str, body: dict[str, object]) -> None:
    """Send a request that only an administrator may send."""
    requests.post(
        f"{server.url}/v1/{path}",
        json=body,
        headers={"X-Vault-Token": server.root_token},
        timeout=5,
    ).raise_for_status()
