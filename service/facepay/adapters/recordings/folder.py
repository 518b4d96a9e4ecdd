"""Read a folder of frames that a camera or an SDK wrote, in the order of their names.

Pictures are passed on unchanged, so the engine refuses the same pictures here as in the service.
"""

import re
from pathlib import Path

from facepay.adapters.recordings import RecordingError, open_file
from facepay.face.frames.decode import MAX_BYTES

SUFFIXES = frozenset({".jpg", ".jpeg", ".webp"})
MOST_FILES = 2_000


def list_frames(folder: Path) -> list[Path]:
    """List JPEG and WebP files by name, 2.jpg before 10.jpg, and skip others.

    Raises RecordingError.
    """
    try:
        found = [file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES]
    except OSError as error:
        raise RecordingError(error.strerror or "it cannot be read") from None
    if not 0 < len(found) <= MOST_FILES:
        raise RecordingError(f"the folder must have 1 to {MOST_FILES:,} JPEG or WebP pictures")
    return sorted(found, key=lambda file: _natural(file.name))


def read_frame(file: Path) -> bytes:
    """Read a file, at most one byte more than the engine accepts. Raises RecordingError."""
    try:
        with open_file(file) as opened:
            return opened.read(MAX_BYTES + 1)
    except (OSError, RecordingError) as error:
        raise RecordingError(f"{file.name}: {error}") from None


def _natural(name: str) -> list[tuple[int, str]]:
    parts = re.split(r"([0-9]+)", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts if part]
