"""The demo reports the times that the service's log has for a face payment, and no others."""

from pathlib import Path

import pytest
from rich.console import Console

from facepay_rehearsal.demo.report import StepResult
from facepay_rehearsal.demo.service_times import ServiceLog, print_times

PREFIX = "[2026-11-23 12:00:00,250] INFO facepay.timing request=0123456789abcdef "
BURST = PREFIX + "view=faces.send_frames total=90.5 claim=1.5 observe=70.0 observe.decode=20.0\n"
CODE = PREFIX + "view=payments.send_second_factor total=30.0 claim=2.5 sign=4.0\n"
OTHER = "[23/Nov/2026:12:00:00 +0000] GET /v1/health 200 3ms 0123456789abcdef\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    log = tmp_path / "service.log"
    log.write_text(BURST.replace("90.5", "999.0"))
    return log


def append(file: Path, text: str) -> None:
    with file.open("a") as log:
        log.write(text)


def test_the_report_has_burst_code_and_their_sum(file: Path) -> None:
    log = ServiceLog(file)
    append(file, OTHER + BURST + CODE)
    result = StepResult("face_payment_approved", "approved", "approved", 1200, log.face_payment())
    entry = result.entry()["service_ms"]
    assert isinstance(entry, dict)
    assert (entry["frames"], entry["code"], entry["sum"]) == (90.5, 30.0, 120.5)
    assert entry["steps"]["observe.decode"] == {"frames": 20.0, "code": None}


def test_the_table_shows_each_stage_of_both_requests(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = ServiceLog(file)
    append(file, BURST + CODE)
    times = log.face_payment()
    assert times is not None
    print_times(Console(), times)
    printed = capsys.readouterr().out
    for text in ("decode", "20.0", "sign", "4.0", "The service took 120 ms"):
        assert text in printed


@pytest.mark.parametrize("written", ["", OTHER, CODE, "facepay.timing nonsense\n"])
def test_a_payment_that_the_log_lacks_is_not_reported(file: Path, written: str) -> None:
    log = ServiceLog(file)
    append(file, written)
    assert log.face_payment() is None
    assert "service_ms" not in StepResult("face_payment_approved", "a", "a", 1, None).entry()
