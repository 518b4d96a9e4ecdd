"""`facepay capture record --video`: the file it writes, its permissions, and refused recordings."""

import os
import stat
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from joserfc import jws
from joserfc.jwk import ECKey

from facepay.domain.capture import Capture, CaptureState, Purpose
from facepay.domain.challenge import Profile
from facepay.domain.manifest import verify_pictures, verify_records
from facepay.web.manifests import parse_manifest
from tests.support import recordings
from tests.support.recordings import REQUESTED, STEPS, record, run, verdict

shots = recordings.shots
video = recordings.video


def test_a_recorded_file_contains_its_steps(tmp_path: Path, video: Path) -> None:
    out = tmp_path / "me.capture"
    assert record(video, out).exit_code == 0
    assert verdict(out) == "bona_fide"
    assert verdict(out, "--steps", "turn_right,turn_left") == "attack"


def test_a_recorded_file_warns_its_owner_and_is_readable_by_nobody_else(
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


def test_a_signed_recording_has_a_manifest_that_the_service_accepts(
    tmp_path: Path, video: Path
) -> None:
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
    """Make a capture of these colours, begun long enough ago for the video."""
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
