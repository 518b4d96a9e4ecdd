"""`facepay capture record`: what is kept of a face, for whom, and what the file is good for.

There is no webcam where tests run: a stand-in plays a rendered burst on a clock of its own.
"""

import json
import os
import re
import stat
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from joserfc import jws
from joserfc.jwk import ECKey

from facepay.adapters.recordings import RecordingError
from facepay.adapters.recordings.jpeg import Pixels
from facepay.cli import main
from facepay.console.recording import CameraSetup, RecordOptions, record_capture
from facepay.console.recording_options import InputError
from facepay.domain.capture import Capture, CaptureState, Purpose
from facepay.domain.challenge import Profile
from facepay.domain.manifest import verify_pictures, verify_records
from facepay.web.manifests import parse_manifest
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
    told: str = json.loads(ran.stdout)["verdict"]
    return told


def test_a_video_becomes_a_file_that_knows_its_steps(tmp_path: Path, video: Path) -> None:
    out = tmp_path / "me.capture"
    assert record(video, out).exit_code == 0
    assert verdict(out) == "bona_fide"
    assert verdict(out, "--steps", "turn_right,turn_left") == "attack"


def test_whoever_recorded_a_face_is_told_so_and_nobody_else_may_read_it(
    tmp_path: Path, video: Path
) -> None:
    before = os.umask(0)
    try:
        ran = record(video, tmp_path / "me.capture")
    finally:
        os.umask(before)
    assert "This file holds a face" in ran.stdout
    assert "delete it" in ran.stdout
    assert stat.S_IMODE((tmp_path / "me.capture").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["me.capture"]


def test_no_file_is_ever_replaced(tmp_path: Path, video: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("something dear")
    (tmp_path / "link").symlink_to(tmp_path / "away")
    for out in (kept, tmp_path / "link"):
        ran = record(video, out)
        assert (ran.exit_code, ran.stdout) == (2, "")
        assert "nothing was written" in ran.stderr
    assert kept.read_text() == "something dear"
    assert not (tmp_path / "away").exists()


def test_a_recording_that_cannot_be_used_leaves_no_file(tmp_path: Path, video: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(video.read_bytes()[:5000])
    out = tmp_path / "me.capture"
    for ran in (
        record(broken, out),
        record(video, out, "--hold", "3"),
        record(video, out, "--key", video),
        record(video, out, "--camera", "0"),
        record(video, tmp_path / "away" / "me.capture"),
        run("capture", "record", "--steps", REQUESTED, "--out", out),
        run("capture", "record", "--camera", "99", "--steps", REQUESTED, "--out", out),
    ):
        assert (ran.exit_code, ran.stdout) == (2, "")
        assert ran.stderr.splitlines()[-1].startswith("Error: ")
    assert [file.name for file in tmp_path.iterdir()] == ["broken.mp4"]


def test_what_is_signed_is_a_manifest_as_the_service_reads_it(tmp_path: Path, video: Path) -> None:
    key = ECKey.generate_key("P-256")
    (tmp_path / "device.pem").write_bytes(key.as_pem(private=True))
    out = tmp_path / "me.capture"
    colours = "red,green,blue,cyan,magenta,yellow,red,blue,green,yellow"
    record(video, out, "--key", tmp_path / "device.pem", "--light", colours)
    with zipfile.ZipFile(out) as archive:
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        members = {name: archive.read(name) for name in archive.namelist()}
    assert (
        jws.deserialize_compact(members["manifest.jws"], key, ["ES256"]).payload
        == (members["manifest.json"])
    )
    signed = parse_manifest(members["manifest.jws"].decode())
    assert signed.kid == key.thumbprint()
    manifest = signed.manifest
    assert (manifest.width, manifest.height, manifest.mirrored) == (640, 480, False)
    verify_records(manifest, expected=begun_capture(colours.split(",")), received_at=NOW)
    burst = verify_pictures(manifest, [members[name] for name in sorted(_pictures(members))])
    assert len(burst.frames) == 16


NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def begun_capture(colours: Sequence[str]) -> Capture:
    """Of these steps and colours, begun long enough ago for the video."""
    return Capture(
        id="cap_1",
        purpose=Purpose.PAYMENT,
        customer_id="cus_1",
        enrolment_id="enr_1",
        intent_id="pi_1",
        opened_by="key",
        profile=Profile.STANDARD,
        nonce="nonce",
        steps=STEPS,
        light=tuple(colours),
        state=CaptureState.OPEN,
        used_by=None,
        opened_at=NOW - timedelta(seconds=20),
        begun_at=NOW - timedelta(seconds=10),
        deadline=NOW + timedelta(seconds=50),
    )


def _pictures(members: dict[str, bytes]) -> list[str]:
    return [name for name in members if name.startswith("frames/")]


def rewritten(capture: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    with zipfile.ZipFile(capture) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    changed = capture.with_suffix(".changed")
    with zipfile.ZipFile(changed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return changed


def swapped(members: dict[str, bytes]) -> None:
    names = ("frames/03.jpg", "frames/07.jpg")
    members[names[0]], members[names[1]] = members[names[1]], members[names[0]]


def edited(name: str, change: Callable[[Any], None]) -> Callable[[dict[str, bytes]], None]:
    def edit(members: dict[str, bytes]) -> None:
        told = json.loads(members[name])
        change(told)
        members[name] = json.dumps(told).encode()

    return edit


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (swapped, "do not match its manifest"),
        (lambda members: members.pop("frames/05.jpg"), "not a capture file"),
        (lambda members: members.pop("manifest.json"), "not a capture file"),
        (lambda members: members.update({"frames/99.jpg": b""}), "not a capture file"),
        (lambda members: members.update({"capture.json": b"[" * 100_000}), "not a capture file"),
        (lambda members: members.update({"manifest.jws": b"a.b.c"}), "not a JWS"),
        (edited("manifest.json", lambda m: m["frames"].reverse()), "do not match its manifest"),
        (edited("manifest.json", lambda m: m["frames"][4].update(step=2)), "do not match"),
        (edited("manifest.json", lambda m: m["frames"][4].update(step="1")), "no step"),
        (edited("manifest.json", lambda m: m["frames"][4].update(colour="pink")), "not a capture"),
        (edited("capture.json", lambda c: c["challenge"].update(steps=["closer"])), "a step that"),
        (edited("capture.json", lambda c: c["challenge"].update(steps=["nod"])), "'nod'"),
        (edited("capture.json", lambda c: c["challenge"].update(steps=[])), "has no steps"),
        (edited("capture.json", lambda c: c["challenge"].update(steps=[{}])), "unknown step"),
        (edited("capture.json", lambda c: c.update(format="other")), "another format"),
        (edited("capture.json", lambda c: c.update(delete_by="soon")), "not a capture file"),
    ],
)
def test_a_capture_file_that_does_not_fit_is_refused_in_a_line(
    tmp_path: Path, video: Path, change: Callable[[dict[str, bytes]], None], told: str
) -> None:
    out = tmp_path / "me.capture"
    record(video, out)
    ran = run("pad", "judge", rewritten(out, change))
    assert (ran.exit_code, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
    assert told in ran.stderr


def test_a_compressed_or_torn_archive_is_refused_in_a_line(tmp_path: Path, video: Path) -> None:
    out = tmp_path / "me.capture"
    record(video, out)
    bomb = tmp_path / "bomb.capture"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("capture.json", b" " * 50_000_000)
    torn = tmp_path / "torn.capture"
    torn.write_bytes(out.read_bytes()[:-100])
    for capture, told in ((bomb, "must be uncompressed"), (torn, "damaged")):
        ran = run("pad", "judge", capture)
        assert (ran.exit_code, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
        assert told in ran.stderr


def test_whoever_kept_a_face_too_long_is_told(tmp_path: Path, video: Path) -> None:
    out = tmp_path / "me.capture"
    record(video, out)
    change = edited("capture.json", lambda c: c.update(delete_by="2020-01-02T00:00:00+00:00"))
    ran = run("pad", "judge", rewritten(out, change))
    assert ran.exit_code == 0
    assert "should have been deleted by 2020-01-02" in ran.stderr


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
