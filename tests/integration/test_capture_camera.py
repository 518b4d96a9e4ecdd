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


class PlayedCamera:
    """A camera before which a payer does what `shots` show, with a clock of its own.

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


def record_from_camera(played: PlayedCamera, out: Path, **changed: Any) -> None:
    wanted = {
        "camera": 0,
        "video": None,
        "steps": REQUESTED,
        "out": out,
        "light": None,
        "hold": 0.9,
    }
    wanted |= {"at": None, "pace": 1.32, "mirrored": False, "key": None}
    setup = CameraSetup(lambda _number: played, played.clock, played.terminal)
    record_capture(RecordOptions(**(wanted | changed)), setup)


def test_prompts_come_in_time_before_a_webcam(tmp_path: Path, shots: list[Shot]) -> None:
    played = PlayedCamera(shots)
    record_from_camera(played, tmp_path / "me.capture")
    assert played.closed
    prompts = played.terminal.getvalue().splitlines()
    assert [prompt.split(",")[0] for prompt in prompts] == [
        "Look into the camera and hold still",
        "Turn your head to your left",
        "Turn your head to your right",
    ]
    assert verdict(tmp_path / "me.capture") == "bona_fide"


def test_a_payer_who_ignores_the_prompts_is_judged_as_an_attack(
    tmp_path: Path, shots: list[Shot]
) -> None:
    record_from_camera(
        PlayedCamera(shots), tmp_path / "other.capture", steps="turn_right,turn_left"
    )
    assert verdict(tmp_path / "other.capture") == "attack"


def test_each_frame_has_the_light_that_was_shown(tmp_path: Path, shots: list[Shot]) -> None:
    played = PlayedCamera(shots)
    lit: list[str] = []
    played.seen = lambda: lit.append(_ground(played.terminal.getvalue()))
    record_from_camera(played, tmp_path / "me.capture", light="red,blue")
    with zipfile.ZipFile(tmp_path / "me.capture") as archive:
        frames = json.loads(archive.read("manifest.json"))["frames"]
    for frame in frames:
        picture = round((frame["monotonic_ms"] / 1000 - 1000) * FPS) - 1
        # Also a little before it was read, when the frame was exposed.
        assert set(lit[picture - 2 : picture + 1]) == {frame["colour"]}
    assert {frame["colour"] for frame in frames} == {"red", "blue"}


def _ground(shown: str) -> str:
    colours = {"255;0;0": "red", "0;0;255": "blue"}
    grounds = re.findall(r"\x1b\[48;2;([0-9;]+)m", shown)
    return colours[grounds[-1]] if grounds else ""


def test_light_that_could_not_be_shown_is_not_recorded(tmp_path: Path, shots: list[Shot]) -> None:
    played = PlayedCamera(shots)
    played.terminal.isatty = lambda: False  # type: ignore[method-assign]
    with pytest.raises(InputError, match="terminal"):
        record_from_camera(played, tmp_path / "me.capture", light="red,blue")
    assert list(tmp_path.iterdir()) == []


def test_a_file_created_during_a_recording_is_not_replaced(
    tmp_path: Path, shots: list[Shot]
) -> None:
    out = tmp_path / "me.capture"
    played = PlayedCamera(shots)
    played.seen = lambda: out.write_text("something dear")
    with pytest.raises(InputError, match="nothing was written"):
        record_from_camera(played, out)
    assert out.read_text() == "something dear"


def test_a_camera_that_stops_leaves_no_file(tmp_path: Path, shots: list[Shot]) -> None:
    played = PlayedCamera(shots)
    played.stops_at = played.now + 4
    with pytest.raises(InputError, match="camera 0: the camera stopped"):
        record_from_camera(played, tmp_path / "me.capture")
    assert played.closed
    assert list(tmp_path.iterdir()) == []
