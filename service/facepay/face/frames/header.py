"""Read the format, size and animation flag of a picture from its first bytes.

The caller decides by them, before any decoder runs or allocates, whether a decoder may run at all.
The formats are JPEG (ITU-T T.81 annex B) and WebP (RFC 9649 section 2). This module does not check
the rest of the file: `decode` compares the size that the decoder finds with the size that is read
here.
"""

from dataclasses import dataclass
from typing import Literal

from facepay.face.errors import FaceRefusal, RefusalKind

JPEG_MAGIC = b"\xff\xd8\xff"
# Start-of-frame markers without C4 (Huffman tables), C8 (reserved) and CC (arithmetic tables).
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN = 0xDA
_APPLICATION_DATA = frozenset(range(0xE1, 0xF0))  # APP1 to APP15: EXIF, MPF, ICC, Adobe and others
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_WEBP_ANIMATED = 0x02
# Limit on segments and fill bytes before the first scan. Cameras write about 10; each takes time.
MAX_MARKERS = 64


@dataclass(frozen=True, slots=True)
class Header:
    """Format and stored size of a picture, in pixels before any EXIF rotation.

    `plain` is True for a JPEG without segments that say more about the picture (EXIF, a second
    picture) before its first scan.
    """

    format: Literal["JPEG", "WEBP"]
    width: int
    height: int
    plain: bool = False


def parse_header(image: bytes) -> Header:
    """Read format and size. Raises FaceRefusal UNSUPPORTED or UNREADABLE."""
    if not image:
        raise FaceRefusal(RefusalKind.UNREADABLE)
    if image.startswith(JPEG_MAGIC):
        return _jpeg_header(image)
    if image[:4] == b"RIFF" and image[8:12] == b"WEBP":
        return Header("WEBP", *_webp_size(image))
    raise FaceRefusal(RefusalKind.UNSUPPORTED)


def _jpeg_header(image: bytes) -> Header:
    """Read the marker segments up to the first scan (T.81 B.2.2)."""
    at, plain = 2, True
    size: tuple[int, int] | None = None
    for _ in range(MAX_MARKERS):
        if at + 4 > len(image) or image[at] != 0xFF:
            break
        marker = image[at + 1]
        if marker == 0xFF:  # fill byte, B.1.1.2
            at += 1
            continue
        if marker in _WITHOUT_LENGTH:
            at += 2
            continue
        if marker == _START_OF_SCAN and size is not None:
            return Header("JPEG", *size, plain=plain)
        length = int.from_bytes(image[at + 2 : at + 4], "big")
        if length < 2:
            break
        if marker in _START_OF_FRAME:
            if size is not None or at + 9 > len(image):
                break
            height = int.from_bytes(image[at + 5 : at + 7], "big")
            width = int.from_bytes(image[at + 7 : at + 9], "big")
            size = _positive(width, height)
        plain = plain and marker not in _APPLICATION_DATA
        at += 2 + length
    raise FaceRefusal(RefusalKind.UNREADABLE)


def _webp_size(image: bytes) -> tuple[int, int]:
    """Read the size from the first chunk: lossy (2.5), lossless (2.6) or extended (2.7)."""
    kind, body = image[12:16], image[20:30]
    if len(body) < 10:
        raise FaceRefusal(RefusalKind.UNREADABLE)
    if kind == b"VP8X":
        if body[0] & _WEBP_ANIMATED:
            raise FaceRefusal(RefusalKind.UNSUPPORTED)
        return (
            int.from_bytes(body[4:7], "little") + 1,
            int.from_bytes(body[7:10], "little") + 1,
        )
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width = int.from_bytes(body[6:8], "little") & 0x3FFF
        height = int.from_bytes(body[8:10], "little") & 0x3FFF
        return _positive(width, height)
    if kind == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    raise FaceRefusal(RefusalKind.UNREADABLE)


def _positive(width: int, height: int) -> tuple[int, int]:
    # T.81 B.2.5 allows a height of 0 (the DNL marker gives it later). No camera writes it.
    if width == 0 or height == 0:
        raise FaceRefusal(RefusalKind.UNREADABLE)
    return width, height
