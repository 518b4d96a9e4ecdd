"""Write and read a capture in one file, to try the liveness check without a service.

The file is a zip archive with uncompressed members (APPNOTE 4.4.5, method 0):

    capture.json    {"format": "facepay-capture/1", "challenge": {"steps": [...],
                    "light": {"slot_ms": 440, "colours": [...]}}, "made_at": …, "delete_by": …}
    manifest.json   the manifest that a device signs (protocol.md), with a nonce of its own
    manifest.jws    only in signed files: the same payload as a compact JWS, ES256
    frames/00.jpg   the pictures, in order; .webp for WebP

The file holds an unencrypted face. Only its owner may read it, it never replaces another file, and
it names the date to delete it by. A reader takes in the whole file and checks it before any use:
hashes, order and chain of the manifest must match the frames.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from facepay.adapters.recordings import RecordingError, open_file
from facepay.domain.audit import canonical
from facepay.domain.capture import MAX_FRAMES, Frame
from facepay.domain.challenge import SLOT_MS, Challenge, Colour, Profile, Step
from facepay.domain.manifest import TYP, FrameRecord
from facepay.face.frames.decode import MAX_BYTES
from facepay.face.frames.header import JPEG_MAGIC

FORMAT = "facepay-capture/1"
KEEP = timedelta(days=7)
_TEXT_BYTES = 256 * 1024
_MOST_BYTES = MAX_FRAMES * MAX_BYTES + 4 * _TEXT_BYTES
_ZIP_MAGIC = b"PK\x03\x04"


@dataclass(frozen=True, slots=True, repr=False)
class CaptureFile:
    """The content of a capture file, which should be deleted by `delete_by`."""

    frames: tuple[Frame, ...]
    challenge: Challenge
    mirrored: bool
    delete_by: datetime


def write_capture(
    path: Path, content: CaptureFile, manifest: Mapping[str, Any], key: ECKey | None
) -> None:
    """Create the file, readable by its owner only, and sign the manifest if there is a `key`.

    `manifest` has the members about device and camera; the frame records are added here. Raises
    RecordingError when the file exists or cannot be written.
    """
    capture = {
        "format": FORMAT,
        "challenge": {
            "steps": list(content.challenge.steps),
            "light": {"slot_ms": SLOT_MS, "colours": list(content.challenge.light)},
        },
        "made_at": _stamp(datetime.now(UTC)),
        "delete_by": _stamp(content.delete_by),
    }
    signed = dict(manifest) | {"mirrored": content.mirrored, "frames": _records(content.frames)}
    members = {"capture.json": _encoded(capture), "manifest.json": _encoded(signed)}
    if key is not None:
        header = {"alg": "ES256", "typ": TYP, "kid": key.thumbprint()}
        token = jws.serialize_compact(header, members["manifest.json"], key, ["ES256"])
        members["manifest.jws"] = token.encode()
    for index, frame in enumerate(content.frames):
        members[_name(index, frame.image)] = frame.image
    _create(path, _zipped(members))


def is_capture_file(path: Path) -> bool:
    """Return whether the first bytes are those of a zip archive; a folder is no capture file.

    Raises RecordingError when there is no file to read.
    """
    if path.is_dir():
        return False
    with open_file(path) as file:
        return file.read(len(_ZIP_MAGIC)) == _ZIP_MAGIC


def read_capture(path: Path) -> CaptureFile:
    """Read and check the whole file. Raises RecordingError when anything does not match."""
    members = _members(path)
    try:
        capture = json.loads(members["capture.json"])
        manifest = json.loads(members["manifest.json"])
        if capture["format"] != FORMAT:
            raise RecordingError(f"a capture file of another format than {FORMAT}")
        challenge = _challenge(capture["challenge"])
        _verify_signed_manifest(members)
        return CaptureFile(
            frames=_frames(manifest["frames"], members, last_step=len(challenge.steps)),
            challenge=challenge,
            mirrored=manifest["mirrored"] is True,
            delete_by=datetime.fromisoformat(capture["delete_by"]).astimezone(UTC),
        )
    except RecordingError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError):
        pass  # these errors hold parts of the file, so they are not chained to the one below
    raise RecordingError("not a capture file: a member is missing or has an unknown form")


def _encoded(document: Mapping[str, Any]) -> bytes:
    return canonical(document).encode()


def _challenge(document: Mapping[str, Any]) -> Challenge:
    # Raises RecordingError, KeyError, TypeError.
    steps, colours = document["steps"], document["light"]["colours"]
    for names, known in ((steps, Step), (colours, Colour)):
        unknown = [each for each in names if each not in tuple(known)]
        if unknown:
            raise RecordingError(f"it has the unknown {known.__name__.lower()} {unknown[0]!r}")
    if not steps:
        raise RecordingError("the capture file has no steps")
    profile = Profile.STANDARD if colours else Profile.NO_LIGHT
    return Challenge(profile, tuple(map(Step, steps)), tuple(map(Colour, colours)))


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _records(frames: Sequence[Frame]) -> list[dict[str, Any]]:
    """Make the manifest's frame records, each with the hash of the one before it."""
    records: list[FrameRecord] = []
    for index, frame in enumerate(frames):
        digest = hashlib.sha256(frame.image).hexdigest()
        previous = records[-1].digest() if records else ""
        records.append(
            FrameRecord(index, digest, frame.monotonic_ms, frame.step, frame.colour, previous)
        )
    return [asdict(record) for record in records]


def _name(index: int, image: bytes) -> str:
    return f"frames/{index:02}.{'jpg' if image.startswith(JPEG_MAGIC) else 'webp'}"


def _zipped(members: Mapping[str, bytes]) -> bytes:
    made = BytesIO()
    with ZipFile(made, "w", ZIP_STORED) as archive:
        for name, content in members.items():
            entry = ZipInfo(name)
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, content)
    return made.getvalue()


def _create(path: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileExistsError:
        raise RecordingError("this file already exists; nothing was written") from None
    except OSError as error:
        raise RecordingError(error.strerror or "it cannot be written") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink()
        raise


def _members(path: Path) -> dict[str, bytes]:
    try:
        with open_file(path) as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise RecordingError("the file is larger than a capture can be")
        with ZipFile(BytesIO(content)) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            if len(entries) > MAX_FRAMES + 3 or len(names) != len(entries):
                raise RecordingError("not a capture file: it has too many members, or one twice")
            # Uncompressed and unencrypted, so that no member can be larger than the file.
            if any(entry.compress_type != ZIP_STORED or entry.flag_bits & 1 for entry in entries):
                raise RecordingError("not a capture file: its members must be uncompressed")
            return {entry.filename: archive.read(entry) for entry in entries}
    except OSError as error:
        raise RecordingError(error.strerror or "it cannot be read") from None
    except RecordingError:
        raise
    except (BadZipFile, EOFError, ValueError, NotImplementedError):
        raise RecordingError("the file is damaged or is not a capture file") from None


def _frames(
    records: Sequence[Mapping[str, Any]], members: Mapping[str, bytes], *, last_step: int
) -> tuple[Frame, ...]:
    if not 0 < len(records) <= MAX_FRAMES:
        raise RecordingError(f"a capture has 1 to {MAX_FRAMES} frames")
    images = dict(sorted((n, c) for n, c in members.items() if n.startswith("frames/")))
    frames = tuple(
        Frame(
            image,
            record["step"],
            record["monotonic_ms"],
            None if record["colour"] is None else Colour(record["colour"]),
        )
        for image, record in zip(images.values(), records, strict=True)
    )
    if any(type(n) is not int for frame in frames for n in (frame.step, frame.monotonic_ms)):
        raise RecordingError("a frame has no step or no time")
    names = [_name(index, frame.image) for index, frame in enumerate(frames)]
    if names != list(images) or _records(frames) != list(records):
        raise RecordingError("its frames do not match its manifest")
    for one, other in pairwise(frames):
        if other.monotonic_ms <= one.monotonic_ms or other.step < one.step:
            raise RecordingError("the times and the steps of its frames must increase")
    if frames[0].step < 0 or frames[-1].step > last_step:
        raise RecordingError("a frame belongs to a step that its challenge does not have")
    return frames


def _verify_signed_manifest(members: Mapping[str, bytes]) -> None:
    """Check that a signed manifest equals the plain one. The signer's key is not checked here."""
    if "manifest.jws" not in members:
        return
    try:
        payload = jws.extract_compact(members["manifest.jws"]).payload
    except (JoseError, ValueError):
        raise RecordingError("its signed manifest is not a JWS") from None
    if payload != members["manifest.json"]:
        raise RecordingError("its signed manifest differs from manifest.json")
