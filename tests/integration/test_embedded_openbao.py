"""The embedded OpenBao server leaves no secret in logs, no readable file and no process."""

import base64
import logging
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from facepay.adapters.openbao import OpenBaoVault
from facepay.embedded.children import ChildFailed
from facepay.embedded.openbao_server import EmbeddedOpenBao
from tests.integration.openbao_fixture import BINDING, TEMPLATE, new_enrolment


def test_no_log_contains_a_sealed_secret(
    openbao: EmbeddedOpenBao,
    vault: OpenBaoVault,
    caplog: pytest.LogCaptureFixture,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with caplog.at_level(logging.DEBUG):
        enrolment_id = new_enrolment(vault)
        sealed = vault.seal(enrolment_id, TEMPLATE, binding=BINDING)
        vault.unseal(enrolment_id, sealed, binding=BINDING)
    logs = list(tmp_path_factory.getbasetemp().rglob("*.log"))
    assert {path.name for path in logs} >= {"audit.log", "server.log"}
    written = caplog.text.encode() + b"".join(path.read_bytes() for path in logs)
    secret_texts = [
        base64.b64encode(TEMPLATE),
        TEMPLATE[:24],
        openbao.root_token.encode(),
        openbao.secret_id.encode(),
    ]
    assert not [text for text in secret_texts if text in written]


def test_only_the_owner_can_read_the_files_of_the_embedded_server(tmp_path: Path) -> None:
    directory = tmp_path / "var" / "openbao"
    with EmbeddedOpenBao(directory) as server:
        assert server.root_token not in (directory / "server.log").read_text()
        with pytest.raises(ChildFailed, match="another process"):
            EmbeddedOpenBao(directory).start()
        if sys.platform == "linux":
            limits = Path(f"/proc/{server.pid}/limits").read_text()
            assert "Max core file size        0                    0 " in limits
    open_to_others = [path for path in [directory, *directory.rglob("*")] if mode(path) & 0o077]
    assert open_to_others == []
    assert "NOT FOR PRODUCTION" in (directory / "keys.toml").read_text()


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent's life")
def test_no_server_is_left_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = """
import pathlib, sys, time
from facepay.embedded.openbao_server import EmbeddedOpenBao
print(EmbeddedOpenBao(pathlib.Path(sys.argv[1])).start().pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "bao")], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        server = psutil.Process(int(parent.stdout.readline()))
        assert Path(server.exe()).name == "bao"
        assert os.getsid(server.pid) == server.pid  # Ctrl-C in our terminal does not reach it
        parent.kill()
    assert gone_within(server, seconds=5)
    with EmbeddedOpenBao(tmp_path / "bao"):
        pass  # and the next start finds everything in order


def gone_within(child: psutil.Process, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    with suppress(psutil.NoSuchProcess):
        while child.status() != psutil.STATUS_ZOMBIE:  # no process may be there to reap an orphan
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
    return True
