"""Capture files that were changed, damaged or kept too long, as `facepay pad judge` reads them."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import recordings
from tests.support.recordings import record, run

shots = recordings.shots
video = recordings.video


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
        message = json.loads(members[name])
        change(message)
        members[name] = json.dumps(message).encode()

    return edit


@pytest.mark.parametrize(
    ("change", "message"),
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
def test_a_changed_capture_file_is_refused_in_one_line(
    tmp_path: Path, video: Path, change: Callable[[dict[str, bytes]], None], message: str
) -> None:
    out = tmp_path / "me.capture"
    record(video, out)
    ran = run("pad", "judge", rewritten(out, change))
    assert (ran.exit_code, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
    assert message in ran.stderr


def test_a_compressed_or_damaged_archive_is_refused_in_one_line(
    tmp_path: Path, video: Path
) -> None:
    out = tmp_path / "me.capture"
    record(video, out)
    bomb = tmp_path / "bomb.capture"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("capture.json", b" " * 50_000_000)
    torn = tmp_path / "torn.capture"
    torn.write_bytes(out.read_bytes()[:-100])
    for capture, message in ((bomb, "must be uncompressed"), (torn, "damaged")):
        ran = run("pad", "judge", capture)
        assert (ran.exit_code, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
        assert message in ran.stderr


def test_a_file_kept_too_long_causes_a_warning(tmp_path: Path, video: Path) -> None:
    out = tmp_path / "me.capture"
    record(video, out)
    change = edited("capture.json", lambda c: c.update(delete_by="2020-01-02T00:00:00+00:00"))
    ran = run("pad", "judge", rewritten(out, change))
    assert ran.exit_code == 0
    assert "should have been deleted by 2020-01-02" in ran.stderr
