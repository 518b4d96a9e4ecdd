"""`facepay pad judge` on real video files: the verdict, its reasons, and refused recordings.

The recordings are the rehearsal's rendered bursts. That they pass says nothing about people.
"""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from facepay.cli import main
from facepay_rehearsal import bursts
from facepay_rehearsal.bursts import Shot
from tests.support.renders import rendered
from tests.support.videos import PORTRAIT, write_video

STEPS = ("turn_left", "turn_right")
REQUESTED = ",".join(STEPS)


@cache
def genuine(name: str = "eileen") -> list[Shot]:
    return rendered(bursts.genuine, name, STEPS, 2)


@cache
def still(name: str = "eileen") -> list[Shot]:
    return rendered(bursts.still_photo, name, STEPS, 3)


def run(*arguments: object) -> Result:
    given = ["pad", "judge", *map(str, arguments)]
    return CliRunner().invoke(main, given, catch_exceptions=False)


def judged(*arguments: object) -> dict[str, Any]:
    ran = run(*arguments, "--json")
    assert ran.exit_code == 0, ran.stderr
    assert ran.stderr == ""
    verdict: dict[str, Any] = json.loads(ran.stdout)
    return verdict


def refused(*arguments: object) -> str:
    """Return the one line that says why."""
    ran = run(*arguments, "--json")
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr.count("\n") == 1
    return ran.stderr


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("video") / "video.mp4", genuine())


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".webm"])
def test_a_genuine_video_passes_and_a_filmed_photograph_does_not(
    tmp_path: Path, suffix: str
) -> None:
    alive = judged(
        write_video(tmp_path / f"alive{suffix}", genuine(), fps=15), "--steps", REQUESTED
    )
    flat = judged(write_video(tmp_path / f"flat{suffix}", still(), fps=15), "--steps", REQUESTED)
    assert (alive["verdict"], flat["verdict"]) == ("bona_fide", "attack")
    assert all(signal["verdict"] != "fail" for signal in alive["signals"])
    assert any(signal["verdict"] == "fail" for signal in flat["signals"])


def test_every_signal_is_reported_with_its_time(video: Path) -> None:
    verdict = judged(video, "--steps", REQUESTED)
    for signal in verdict["signals"]:
        assert set(signal) == {"name", "score", "verdict", "reason", "ms"}
        assert signal["ms"] >= 0
    names = [signal["name"] for signal in verdict["signals"]]
    assert names == ["sanity", "cover", "compliance", "depth", "identity", "artefacts"]
    recording = verdict["recording"]
    assert recording["frames_per_step"] == [4, 6, 6]
    assert recording["frames"] == recording["frames_with_face"] == 16
    assert 16 * verdict["ms_per_frame"] >= max(verdict["ms"].values())


def test_a_video_of_other_steps_does_not_pass(video: Path) -> None:
    assert judged(video, "--steps", "turn_right,turn_left")["verdict"] == "attack"
    assert judged(video, "--steps", REQUESTED, "--mirrored")["verdict"] == "attack"


def test_a_whole_challenge_with_its_light_is_judged(tmp_path: Path) -> None:
    steps = ("closer", "turn_left", "look_up")
    light = ("red", "green", "blue", "cyan", "magenta", "yellow", "red", "blue", "green", "cyan")
    shots = rendered(bursts.genuine, "eileen", steps, 3, light=light)
    video = write_video(tmp_path / "video.mp4", shots)
    right = judged(video, "--steps", ",".join(steps), "--light", ",".join(light))
    assert (right["verdict"], right["guidance"]) == ("bona_fide", None)
    assert {"light", "reflection"} < {signal["name"] for signal in right["signals"]}
    wrong = judged(video, "--steps", ",".join(steps), "--light", ",".join(reversed(light)))
    assert wrong["verdict"] != "bona_fide"
    assert wrong["reason"].startswith("light")


def test_a_mirrored_video_passes_when_declared(tmp_path: Path) -> None:
    shots = rendered(bursts.genuine, "grace", STEPS, 4, mirrored=True)
    video = write_video(tmp_path / "video.mp4", shots)
    assert judged(video, "--steps", REQUESTED, "--mirrored")["verdict"] == "bona_fide"


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_phones_video_is_judged_upright_in_every_orientation(
    tmp_path: Path, suffix: str, degrees: int
) -> None:
    upright = write_video(tmp_path / f"upright{suffix}", genuine(), size=PORTRAIT, fps=15)
    turned = write_video(
        tmp_path / f"turned{suffix}", genuine(), size=PORTRAIT, fps=15, stored_turned=degrees
    )
    expected, found = (judged(video, "--steps", REQUESTED) for video in (upright, turned))
    assert expected["verdict"] == found["verdict"] == "bona_fide"
    assert found["recording"] == expected["recording"]


@pytest.mark.parametrize(
    ("size", "fps"),
    [
        ((640, 480), 10),
        ((640, 480), 59.94),
        ((480, 640), 24),
        ((1280, 720), 25),
        ((1920, 1080), 10),
        ((1080, 1920), 10),
        ((2560, 1440), 10),
    ],
)
def test_all_common_sizes_and_frame_rates_are_accepted(
    tmp_path: Path, size: tuple[int, int], fps: float
) -> None:
    alive = write_video(tmp_path / "alive.mp4", genuine(), size=size, fps=fps)
    flat = write_video(tmp_path / "flat.mp4", still(), size=size, fps=fps)
    assert judged(alive, "--steps", REQUESTED)["verdict"] == "bona_fide"
    assert judged(flat, "--steps", REQUESTED)["verdict"] == "attack"


def test_the_times_of_prompts_can_be_given(tmp_path: Path) -> None:
    later = [shot._replace(monotonic_ms=shot.monotonic_ms + 2640) for shot in genuine()]
    shots = [*genuine()[:4], *later]  # three seconds more of the hold
    video = write_video(tmp_path / "video.mp4", shots)
    assert judged(video, "--steps", REQUESTED, "--at", "3.52,4.84")["verdict"] == "bona_fide"
    assert judged(video, "--steps", REQUESTED)["verdict"] != "bona_fide"


def test_a_longer_recording_is_judged_by_24_frames_that_span_it(tmp_path: Path) -> None:
    start = genuine()[0].monotonic_ms
    slow = [
        shot._replace(monotonic_ms=start + 3 * (shot.monotonic_ms - start)) for shot in genuine()
    ]
    video = write_video(tmp_path / "video.mp4", slow, fps=15)
    verdict = judged(video, "--steps", REQUESTED, "--hold", "2.7")
    assert verdict["recording"]["frames_per_step"] == [4, 10, 10]
    assert verdict["recording"]["seconds"] > 9
    assert verdict["verdict"] == "bona_fide"


def test_frames_in_a_folder_are_judged(tmp_path: Path) -> None:
    for n, shot in enumerate(genuine()):
        (tmp_path / f"{n}.jpg").write_bytes(shot.jpeg)
    (tmp_path / "notes.txt").write_text("not a frame")
    assert judged(tmp_path, "--steps", REQUESTED)["verdict"] == "bona_fide"
    assert judged(tmp_path, "--steps", "turn_right,turn_left")["verdict"] == "attack"


def test_a_file_that_is_no_video_is_refused_in_one_line(tmp_path: Path) -> None:
    for name, content in (
        ("text.mp4", b"not a video at all"),
        ("empty.mov", b""),
        ("box.mp4", b"\x00\x00\x00\x10ftypisom\x00\x00\x02\x00"),
        ("noise.mp4", b"\x00\x00\x00\x10ftypisom\x00\x00\x02\x00" + bytes(range(256)) * 40),
        ("noise.webm", b"\x1a\x45\xdf\xa3" + bytes(range(1, 256)) * 40),
    ):
        (tmp_path / name).write_bytes(content)
        assert str(tmp_path / name) in refused(tmp_path / name, "--steps", REQUESTED)
    assert "No such file" in refused(tmp_path / "away.mp4", "--steps", REQUESTED)
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "not a regular file" in refused(tmp_path / "pipe.mp4", "--steps", REQUESTED)


def test_playlists_and_other_formats_never_reach_ffmpeg(tmp_path: Path) -> None:
    """FFmpeg also plays lists of other files and addresses."""
    playlist = tmp_path / "list.mp4"
    playlist.write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/video.mp4\n")
    other = write_video(tmp_path / "video.avi", genuine(), fps=10).rename(tmp_path / "other.mp4")
    for video in (playlist, other):
        assert "not a video of a supported format" in refused(video, "--steps", REQUESTED)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".webm"])
def test_a_truncated_video_is_not_judged_by_its_beginning(tmp_path: Path, suffix: str) -> None:
    path = write_video(tmp_path / f"video{suffix}", genuine(), fps=15)
    whole = path.read_bytes()
    for share in (0.02, 0.5, 0.99):
        path.write_bytes(whole[: int(len(whole) * share)])
        assert "truncated" in refused(path, "--steps", REQUESTED)


def test_a_video_without_a_face_or_too_short_is_reported(tmp_path: Path) -> None:
    wall = [shot._replace(jpeg=_wall()) for shot in genuine()]
    empty = write_video(tmp_path / "wall.mp4", wall)
    assert "no face" in refused(empty, "--steps", REQUESTED)
    short = write_video(tmp_path / "short.mp4", genuine()[:5])
    assert "too short" in refused(short, "--steps", REQUESTED)
    assert "too few pictures" in refused(
        write_video(tmp_path / "slow.mp4", genuine(), fps=2), "--steps", REQUESTED
    )


def _wall() -> bytes:
    plain = np.full((480, 640, 3), 128, dtype=np.uint8)
    return bytes(cv2.imencode(".jpg", plain)[1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "--steps"),
        (("--steps", "turn_left,nod"), "unknown step 'nod'"),
        (("--steps", "turn_left,"), "unknown step ''"),
        (("--steps", ",".join(["turn_left"] * 9)), "at most"),
        (("--steps", REQUESTED, "--light", "red,pink"), "unknown colour 'pink'"),
        (("--steps", REQUESTED, "--at", "0.9"), "1 times for 2 steps"),
        (("--steps", REQUESTED, "--at", "2,1"), "later than the one before"),
        (("--steps", REQUESTED, "--at", "nan,1"), "later than the one before"),
        (("--steps", REQUESTED, "--at", "soon,1"), "give seconds"),
        (("--steps", REQUESTED, "--at", "1,99"), "too short"),
        (("--steps", REQUESTED, "--detector", "away.onnx"), "no detector model away.onnx"),
        (("--steps", REQUESTED, "--passive", "away"), "--passive: "),
    ],
)
def test_wrong_options_are_reported_before_anything_is_judged(
    video: Path, options: tuple[str, ...], message: str
) -> None:
    assert message in refused(video, *options)


def test_no_pixels_are_written_and_libraries_stay_silent(tmp_path: Path, video: Path) -> None:
    """Run in a process of its own: FFmpeg writes to the terminal, past Python."""
    broken = tmp_path / "broken.webm"
    broken.write_bytes(b"\x1a\x45\xdf\xa3" + bytes(range(1, 256)) * 40)
    home = tmp_path / "home"
    home.mkdir()
    program = [sys.executable, "-m", "facepay.cli", "pad", "judge"]
    surroundings = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home)}
    surroundings["XDG_CACHE_HOME"] = os.environ["XDG_CACHE_HOME"]  # the network, converted
    good, bad = (
        subprocess.run(
            [*program, str(file), "--steps", REQUESTED],
            cwd=home,
            env=surroundings,
            capture_output=True,
            text=True,
            check=False,
        )
        for file in (video, broken)
    )
    assert (good.returncode, json.loads(good.stdout)["verdict"]) == (0, "bona_fide")
    assert good.stderr == "reading\n"
    assert bad.returncode == 2
    assert bad.stderr.splitlines()[-1].startswith("Error: ")
    assert len(bad.stderr.splitlines()) <= 2
    assert list(home.iterdir()) == []
