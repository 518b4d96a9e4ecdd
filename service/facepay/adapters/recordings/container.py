"""Check from its outermost boxes that a file is a complete video of a supported format.

Supported are ISO base media (ISO/IEC 14496-12: mp4, mov, and the older QuickTime) and Matroska
(RFC 9559: webm, mkv). Every other file is refused before FFmpeg opens it, because FFmpeg also plays
playlists and scripts, which name further files and addresses. This module does not read tracks or
pictures.
"""

from typing import BinaryIO

from facepay.adapters.recordings import RecordingError

_FIRST_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_EBML_MAGIC = b"\x1a\x45\xdf\xa3"
_SEGMENT = 0x18538067
_MOST_BOXES = 10_000  # recorders write about two boxes a second


def check_container(file: BinaryIO) -> None:
    """Check the format and the length of the file, and leave the file at its beginning.

    Raises RecordingError for another format and for a truncated file.
    """
    start = file.read(8)
    file.seek(0, 2)
    size = file.tell()
    if start[4:] in _FIRST_BOXES:
        missing = _missing_from_boxes(file, size)
    elif start.startswith(_EBML_MAGIC):
        missing = _missing_from_segment(file, size)
    else:
        raise RecordingError("not a video of a supported format: convert it to mp4, mov or webm")
    if missing > 0:
        raise RecordingError(f"the video is truncated: {missing:,} bytes are missing")
    file.seek(0)


def _missing_from_boxes(file: BinaryIO, size: int) -> int:
    """Return by how many bytes the last box exceeds the file (ISO/IEC 14496-12, 4.2)."""
    at, movie = 0, False
    for _ in range(_MOST_BOXES):
        file.seek(at)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        movie = movie or head[4:8] == b"moov"
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        elif length == 0:  # to the end of the file
            length = size - at
        if length < 8:
            break
        at += length
        if at >= size:
            break
    if at == size and not movie:
        raise RecordingError("the video is truncated: its recorder did not finish it")
    return at - size


def _missing_from_segment(file: BinaryIO, size: int) -> int:
    """Return by how many bytes the segment exceeds the file; 0 if its size is unknown (live)."""
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(12)
        identifier, used = _number(head, keep_marker=True)
        length, more = _number(head[used:], keep_marker=False)
        at += used + more
        unknown = length == (1 << 7 * more) - 1
        if identifier == _SEGMENT or unknown or not used or not more:
            return 0 if unknown else at + length - size
        at += length
    return 0


def _number(octets: bytes, *, keep_marker: bool) -> tuple[int, int]:
    """Read a variable-size integer (RFC 8794, 4); return it and its octets, or 0, 0 without one."""
    if not octets or not octets[0]:
        return 0, 0
    length = 9 - octets[0].bit_length()
    value = int.from_bytes(octets[:length], "big")
    return (value if keep_marker else value & (1 << 7 * length) - 1), length
