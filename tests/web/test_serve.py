"""`facepay serve` starts everything with one command, and leaves no process behind."""

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from facepay.embedded.supervise import STATE_FILE
from facepay_client import Customer, KeyPair, Operator, Published, Transport
from tests.support.receiver import receiving

FACEPAY = str(Path(sys.executable).with_name("facepay"))


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    directory = tmp_path / "serve"
    command = [FACEPAY, "serve", "--directory", str(directory), "--port", "0"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: (directory / STATE_FILE).exists() or running.poll() is not None)
        yield running
    finally:
        if running.poll() is None:
            running.kill()
        running.wait(10)


def wait_for(happens: object, seconds: float = 180.0) -> None:
    assert callable(happens)
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def family(running: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return psutil.Process(running.pid).children(recursive=True)


def names(processes: list[psutil.Process]) -> set[str]:
    found = set()
    for each in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            found.add(each.name())
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_serve_leaves_no_process_running(
    serving: subprocess.Popen[bytes], tmp_path: Path, number: signal.Signals
) -> None:
    state = json.loads((tmp_path / "serve" / STATE_FILE).read_text())
    assert requests.get(f"{state['url']}/v1/health", timeout=30).json() == {
        "status": "ok",
        "log": "consistent",
    }
    children = family(serving)
    assert len(children) >= 4, "OpenBao, gunicorn and its two workers"
    assert {"bao", "gunicorn"} <= names(children)

    serving.send_signal(number)

    returned = serving.wait(120)
    assert returned == (0 if number is not signal.SIGKILL else -signal.SIGKILL)
    _, alive = psutil.wait_procs(children, timeout=120)
    assert not alive


def test_enrolled_faces_survive_a_restart(tmp_path: Path) -> None:
    """The embedded vault opens again with the same keys: no customer has to enrol anew."""
    directory = tmp_path / "serve"
    command = [FACEPAY, "serve", "--directory", str(directory), "--port", "0"]
    keys = []
    for _ in range(2):
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            wait_for(lambda: (directory / STATE_FILE).exists())
            url = json.loads((directory / STATE_FILE).read_text())["url"]
            published = requests.get(f"{url}/.well-known/jwks.json", timeout=30).json()["keys"]
            keys.append([key for key in published if "certificate" not in key])
        finally:
            running.terminate()
            assert running.wait(120) == 0
    assert keys[0] == keys[1] != []


def test_serve_also_sends_events(tmp_path: Path) -> None:
    directory, key = tmp_path / "serve", KeyPair.generate()
    operator_key = tmp_path / "operator.jwk"
    operator_key.write_text(json.dumps(key.public_jwk))
    command = [FACEPAY, "serve", "--directory", str(directory), "--port", "0"]
    running = subprocess.Popen(
        [*command, "--operator-key", str(operator_key)], stdout=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: (directory / STATE_FILE).exists() or running.poll() is not None)
        url = json.loads((directory / STATE_FILE).read_text())["url"]
        operator = Operator(Transport(url, key))
        device = KeyPair.generate()
        with receiving() as operator_receiver:
            secret = operator.register_webhook(operator_receiver.url).secret
            assert secret is not None
            operator.register_customer("ada", "correct horse battery", device.public_jwk)
            notice = Published(Transport(url)).notice()
            Customer(Transport(url, device)).grant_consent(notice)
            (came,) = operator_receiver.wait_for(1)
            assert came.verified(secret)["type"] == "consent.granted"
    finally:
        running.terminate()
        assert running.wait(120) == 0
