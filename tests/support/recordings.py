"""Runs of `facepay capture record` and `facepay pad judge` on a rendered burst."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from facepay.cli import main
from facepay_rehearsal import bursts
from facepay_rehearsal.bursts import Shot
from tests.support.renders import rendered
from tests.support.videos import write_video

STEPS = ("turn_left", "turn_right")
REQUESTED = ",".join(STEPS)
FPS = 30


@pytest.fixture(scope="module")
def shots() -> list[Shot]:
    return rendered(bursts.genuine, "eileen", STEPS, 5)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory, shots: list[Shot]) -> Path:
    return write_video(tmp_path_factory.mktemp("video") / "video.mp4", shots)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)), catch_exceptions=False)


def record(video: Path, out: Path, *options: object) -> Result:
    return run("capture", "record", "--video", video, "--steps", REQUESTED, "--out", out, *options)


def verdict(capture: Path, *options: object) -> str:
    ran = run("pad", "judge", capture, *options, "--json")
    assert ran.exit_code == 0, ran.stderr
    said: str = json.loads(ran.stdout)["verdict"]
    return said
