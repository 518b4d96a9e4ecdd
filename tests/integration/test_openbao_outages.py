"""OpenBao is stopped, restarted, silent, or refuses the login: payers and revokers stay safe."""

import json
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from facepay.adapters.openbao import OpenBaoVault
from facepay.adapters.openbao_session import OpenBaoSession
from facepay.domain.errors import VaultUnavailable
from facepay.embedded.openbao_server import EmbeddedOpenBao
from tests.integration import openbao_fixture
from tests.integration.openbao_fixture import BINDING, TEMPLATE, administer, new_enrolment

openbao = openbao_fixture.openbao
vault = openbao_fixture.vault


def test_a_restarted_server_opens_earlier_seals(
    openbao: EmbeddedOpenBao, vault: OpenBaoVault
) -> None:
    enrolment_id = new_enrolment(vault)
    sealed = vault.seal(enrolment_id, TEMPLATE, binding=BINDING)
    openbao.restart()
    assert bytes(vault.unseal(enrolment_id, sealed, binding=BINDING)) == TEMPLATE


def test_a_stopped_server_is_unavailable_at_once_and_works_again_when_it_is_back(
    openbao: EmbeddedOpenBao, vault: OpenBaoVault
) -> None:
    enrolment_id = new_enrolment(vault)
    sealed = vault.seal(enrolment_id, TEMPLATE, binding=BINDING)
    openbao.stop()
    try:
        requested_at = time.monotonic()
        for ask in (
            lambda: vault.unseal(enrolment_id, sealed, binding=BINDING),
            lambda: vault.seal(enrolment_id, TEMPLATE, binding=BINDING),
            lambda: vault.derive_secret(enrolment_id),
            lambda: vault.destroy_key(enrolment_id),
        ):
            with pytest.raises(VaultUnavailable) as caught:
                ask()
            assert caught.value.__cause__ is None  # requests' exceptions carry the request
            assert caught.value.__context__ is None
        assert time.monotonic() - requested_at < 12, "four refusals, no timeout of 3 s"
    finally:
        openbao.start()
    assert bytes(vault.unseal(enrolment_id, sealed, binding=BINDING)) == TEMPLATE


def test_a_server_that_never_answers_costs_no_more_than_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        session = OpenBaoSession(url, role_id="r", secret_id="s", timeout=0.3)
        requested_at = time.monotonic()
        with pytest.raises(VaultUnavailable):
            OpenBaoVault(session).seal("e", TEMPLATE, binding=BINDING)
        assert time.monotonic() - requested_at < 10
        session.close()


def test_a_refused_login_does_not_count_as_a_revocation(openbao: EmbeddedOpenBao) -> None:
    session = OpenBaoSession(openbao.url, role_id=openbao.role_id, secret_id="wrong")
    stranger = OpenBaoVault(session)
    for ask in (
        lambda: stranger.destroy_key("e"),
        lambda: stranger.unseal("e", "vault:v1:AAAA", binding=BINDING),
    ):
        with pytest.raises(VaultUnavailable):
            ask()
    session.close()


def test_a_missing_mount_does_not_count_as_a_revocation(openbao: EmbeddedOpenBao) -> None:
    session = openbao_fixture.session_with(openbao)
    with pytest.raises(VaultUnavailable):
        OpenBaoVault(session, mount="elsewhere").destroy_key("e")
    session.close()


def test_a_revoked_login_is_renewed_unnoticed(
    openbao: EmbeddedOpenBao, vault: OpenBaoVault
) -> None:
    enrolment_id = new_enrolment(vault)
    sealed = vault.seal(enrolment_id, TEMPLATE, binding=BINDING)
    administer(openbao, "sys/leases/revoke-prefix/auth/approle/login", {})
    with ThreadPoolExecutor(16) as pool:
        opened = pool.map(lambda _: vault.unseal(enrolment_id, sealed, binding=BINDING), range(64))
        assert all(template == TEMPLATE for template in opened)


def test_an_expired_login_is_renewed_unnoticed(openbao: EmbeddedOpenBao) -> None:
    role = "auth/approle/role/facepay-service"
    administer(openbao, role, {"token_ttl": "1s", "token_max_ttl": "1s"})
    try:
        session = openbao_fixture.session_with(openbao)
        vault = OpenBaoVault(session)
        sealed = vault.seal_secret(b"totp secret", binding="factor")
        time.sleep(1.5)
        assert vault.unseal_secret(sealed, binding="factor") == b"totp secret"
        session.close()
    finally:
        administer(openbao, role, {"token_ttl": "1h", "token_max_ttl": "1h"})


def test_a_worker_forked_after_the_first_request_opens_a_connection_of_its_own(
    openbao: EmbeddedOpenBao,
) -> None:
    script = """
import json, os, sys
from facepay.adapters.openbao import OpenBaoVault
from facepay.adapters.openbao_session import OpenBaoSession
vault = OpenBaoVault(OpenBaoSession(**json.load(sys.stdin)))
sealed = vault.seal_secret(b"secret", binding="b")
workers = []
for _ in range(3):
    pid = os.fork()
    if pid == 0:
        opened = [vault.unseal_secret(sealed, binding="b") == b"secret" for _ in range(20)]
        os._exit(0 if all(opened) else 1)
    workers.append(pid)
assert vault.unseal_secret(sealed, binding="b") == b"secret"
assert [os.waitpid(pid, 0)[1] for pid in workers] == [0, 0, 0]
"""
    login = {"url": openbao.url, "role_id": openbao.role_id, "secret_id": openbao.secret_id}
    subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(login).encode(), check=True, timeout=20
    )
