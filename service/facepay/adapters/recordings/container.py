"""Whether a file is a video of a kind that is read here, and all of it: from its outermost boxes.

Read: ISO base media (ISO/IEC 14496-12: mp4, mov, and QuickTime of before) and Matroska (RFC 9559:
webm, mkv). Everything else is refused before FFmpeg sees it: FFmpeg also plays playlists and
scripts, which name further files and addresses. It does not look into tracks or pictures.
"""

from typing import BinaryIO

from facepay.adapters.recordings import RecordingError

_FIRST_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_EBML_MAGIC = b"\x1a\x45\xdf\xa3"
_SEGMENT = 0x18538067
_MOST_BOXES = 10_000  # recorders write a pair for each second or so


def check_container(file: BinaryIO) -> None:
    """Raises RecordingError for another format, and for a file that breaks off.

    Leaves the file at its beginning.
    """
    start = file.read(8)
    file.seek(0, 2)
    size = file.tell()
    if start[4:] in _FIRST_BOXES:
        missing = _missing_from_boxes(file, size)
    elif start.startswith(_EBML_MAGIC):
        missing = _missing_from_segment(file, size)
    else:
        raise RecordingError("not a video that is read here: mp4, mov or webm")
    if missing > 0:
        raise RecordingError(f"the video breaks off: {missing:,} bytes are missing")
    file.seek(0)


def _missing_from_boxes(file: BinaryIO, size: int) -> int:
    """By how many bytes the last box is longer than the file (14496-12, 4.2)."""
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
        raise RecordingError("the video breaks off: it was never finished")
    return at - size


def _missing_from_segment(file: BinaryIO, size: int) -> int:
    """By how many bytes the segment is longer than the file; live recordings do not tell."""
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
    """A variable-size integer (RFC 8794, 4) and how many octets it has; 0 where there is none."""
    if not octets or not octets[0]:
        return 0, 0
    length = 9 - octets[0].bit_length()
    value = int.from_bytes(octets[:length], "big")
    return (value if keep_marker else value & (1 << 7 * length) - 1), length
