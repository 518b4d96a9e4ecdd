"""`facepay capture record --camera`: prompts, light and files while a camera records.

There is no webcam where tests run: a stand-in plays a rendered burst on a clock of its own.
"""

import json
import re
import zipfile
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from facepay.adapters.recordings import RecordingError
from facepay.adapters.recordings.jpeg import Pixels
from facepay.console.recording import CameraSetup, RecordOptions, record_capture
from facepay.console.recording_options import InputError
from facepay_rehearsal.bursts import Shot
from tests.support import recordings
from tests.support.recordings import FPS, REQUESTED, verdict

shots = recordings.shots


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


class Stage:
    """A camera before which a payer does what `shots` show, and the clock of that room.

    The payer begins `begins` seconds after the camera was opened.
    """

    def __init__(self, shots: list[Shot], *, fps: float = FPS, begins: float = 3.0) -> None:
        self.now = 1000.0
        self.closed = False
        self.terminal = Terminal()
        self.stops_at = float("inf")
        self.seen: Callable[[], object] = lambda: None
        self._step = 1 / fps
        self._begins = self.now + begins
        self._shots = [
            ((shot.monotonic_ms - shots[0].monotonic_ms) / 1000, shot.jpeg) for shot in shots
        ]

    def clock(self) -> float:
        return self.now

    def read(self) -> Pixels:
        self.now += self._step
        if self.now > self.stops_at:
            raise RecordingError("the camera stopped")
        self.seen()
        since = self.now - self._begins
        jpeg = [each for at, each in self._shots if at <= max(since, 0) + 1e-6][-1]
        return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR))

    def close(self) -> None:
        self.closed = True


def before_a_camera(stage: Stage, out: Path, **changed: Any) -> None:
    wanted = {
        "camera": 0,
        "video": None,
        "steps": REQUESTED,
        "out": out,
        "light": None,
        "hold": 0.9,
    }
    wanted |= {"at": None, "pace": 1.32, "mirrored": False, "key": None}
    room = CameraSetup(lambda _number: stage, stage.clock, stage.terminal)
    record_capture(RecordOptions(**(wanted | changed)), room)


def test_a_payer_before_a_webcam_is_prompted_in_time(tmp_path: Path, shots: list[Shot]) -> None:
    stage = Stage(shots)
    before_a_camera(stage, tmp_path / "me.capture")
    assert stage.closed
    prompts = stage.terminal.getvalue().splitlines()
    assert [prompt.split(",")[0] for prompt in prompts] == [
        "Look into the camera and hold still",
        "Turn your head to your left",
        "Turn your head to your right",
    ]
    assert verdict(tmp_path / "me.capture") == "bona_fide"


def test_who_does_not_follow_the_prompts_is_recorded_as_such(
    tmp_path: Path, shots: list[Shot]
) -> None:
    before_a_camera(Stage(shots), tmp_path / "other.capture", steps="turn_right,turn_left")
    assert verdict(tmp_path / "other.capture") == "attack"


def test_the_light_of_a_frame_is_the_one_that_was_shown(tmp_path: Path, shots: list[Shot]) -> None:
    stage = Stage(shots)
    lit: list[str] = []
    stage.seen = lambda: lit.append(_ground(stage.terminal.getvalue()))
    before_a_camera(stage, tmp_path / "me.capture", light="red,blue")
    with zipfile.ZipFile(tmp_path / "me.capture") as archive:
        frames = json.loads(archive.read("manifest.json"))["frames"]
    for frame in frames:
        picture = round((frame["monotonic_ms"] / 1000 - 1000) * FPS) - 1
        # Also a little before it was read: that is when it was exposed.
        assert set(lit[picture - 2 : picture + 1]) == {frame["colour"]}
    assert {frame["colour"] for frame in frames} == {"red", "blue"}


def _ground(shown: str) -> str:
    colours = {"255;0;0": "red", "0;0;255": "blue"}
    grounds = re.findall(r"\x1b\[48;2;([0-9;]+)m", shown)
    return colours[grounds[-1]] if grounds else ""


def test_light_that_nobody_could_see_is_not_claimed(tmp_path: Path, shots: list[Shot]) -> None:
    stage = Stage(shots)
    stage.terminal.isatty = lambda: False  # type: ignore[method-assign]
    with pytest.raises(InputError, match="terminal"):
        before_a_camera(stage, tmp_path / "me.capture", light="red,blue")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_came_while_a_camera_recorded_is_not_replaced(
    tmp_path: Path, shots: list[Shot]
) -> None:
    out = tmp_path / "me.capture"
    stage = Stage(shots)
    stage.seen = lambda: out.write_text("something dear")
    with pytest.raises(InputError, match="nothing was written"):
        before_a_camera(stage, out)
    assert out.read_text() == "something dear"


def test_a_camera_that_stops_leaves_no_file(tmp_path: Path, shots: list[Shot]) -> None:
    stage = Stage(shots)
    stage.stops_at = stage.now + 4
    with pytest.raises(InputError, match="camera 0: the camera stopped"):
        before_a_camera(stage, tmp_path / "me.capture")
    assert stage.closed
    assert list(tmp_path.iterdir()) == []
