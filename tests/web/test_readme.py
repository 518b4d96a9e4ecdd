"""The README is correct: its lines of Python make a payment, and its pictures exist."""

import base64
import contextlib
import json
import re
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from facepay.embedded.supervise import OPERATOR_KEY_FILE, STATE_FILE
from facepay_client import Published, Transport, verify_authorization

README = Path(__file__).parents[2] / "README.md"
FACEPAY = str(Path(sys.executable).with_name("facepay"))
SERVED = Path("var/serve")
START_TIMEOUT = 180.0  # seconds; a busy machine starts OpenBao and two workers
LINES_AT_MOST = 200
BYTES_AT_MOST = 200_000  # of a picture
AMOUNT_MINOR = 1250  # as the README has it


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Serve in a folder as `make serve` does in a clone, on a free port."""
    folder = tmp_path_factory.mktemp("clone")
    command = [FACEPAY, "serve", "--port", "0"]
    running = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    state = folder / SERVED / STATE_FILE
    try:
        deadline = time.monotonic() + START_TIMEOUT
        while not state.exists():
            assert running.poll() is None, "the service did not start"
            assert time.monotonic() < deadline, "the service did not start in time"
            time.sleep(0.05)
        yield folder
    finally:
        running.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(60)
        running.kill()


def snippet() -> str:
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    return str(code)


def run_snippet(folder: Path) -> list[str]:
    """Run the lines in this folder and return the words they print."""
    command = [sys.executable, "-c", snippet()]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_lines_of_python_make_a_payment_as_they_stand(clone: Path) -> None:
    state, token = run_snippet(clone)
    assert state == "approved"
    url = json.loads((clone / SERVED / STATE_FILE).read_text())["url"]
    verified = verify_authorization(
        token,
        jwks=Published(Transport(url)).jwks(),
        expected_issuer=url,
        expected_merchant=claims(token)["merchant"],
        expected_amount_minor=AMOUNT_MINOR,
        expected_currency="EUR",
        expected_order_ref="order-1",
        now=time.time(),
    )
    assert verified.amount_minor == AMOUNT_MINOR


def test_the_lines_can_be_run_again(clone: Path) -> None:
    assert [run_snippet(clone)[0] for _ in range(2)] == ["approved", "approved"]


def test_only_its_owner_can_read_the_operator_key_that_serve_makes(clone: Path) -> None:
    assert stat.S_IMODE((clone / SERVED / OPERATOR_KEY_FILE).stat().st_mode) == 0o600


def claims(token: str) -> dict[str, str]:
    payload = token.split(".")[1]
    read: dict[str, str] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return read


def test_the_readme_is_short_and_its_pictures_are_small() -> None:
    text = README.read_text()
    assert len(text.splitlines()) <= LINES_AT_MOST
    pictures = re.findall(r"\]\((docs/images/[^)]+)\)", text)
    assert len(pictures) == 2
    for name in pictures:
        assert (README.parent / name).stat().st_size <= BYTES_AT_MOST
