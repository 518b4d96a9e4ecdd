"""Pictures that are broken, or lie about themselves: each of a kind, by a random generator."""

import struct
import zlib

import numpy as np
from PIL import Image

from tests.support.picture_source import (
    LARGEST,
    ORIENTATION,
    Make,
    Rng,
    Source,
    encoded,
    flipped,
    frame_header,
    patched,
    with_segment,
)


def _claiming(source: Source, width: int, height: int) -> bytes:
    at = frame_header(source.jpeg) + 5
    return patched(source.jpeg, at, struct.pack(">HH", height, width))


def truncated(source: Source, rng: Rng) -> bytes:
    return source.jpeg[: int(rng.integers(1, len(source.jpeg)))]


def truncated_tail(source: Source, rng: Rng) -> bytes:
    return source.jpeg[: -int(rng.integers(1, 400))]


def bits_flipped(source: Source, rng: Rng) -> bytes:
    count = int(rng.integers(1, 40))
    return flipped(source.jpeg, rng, 0, len(source.jpeg), count, bits=True)


def bits_flipped_in_pixels(source: Source, rng: Rng) -> bytes:
    count = int(rng.integers(1, 8))
    return flipped(source.jpeg, rng, source.scan, len(source.jpeg), count, bits=True)


def bytes_flipped_in_header(source: Source, rng: Rng) -> bytes:
    return flipped(source.jpeg, rng, 2, source.scan, int(rng.integers(1, 6)), bits=False)


def cut_out(source: Source, rng: Rng) -> bytes:
    first, last = sorted(rng.integers(0, len(source.jpeg), 2))
    return source.jpeg[: int(first)] + source.jpeg[int(last) :]


def zeroed(source: Source, rng: Rng) -> bytes:
    first, last = sorted(int(at) for at in rng.integers(2, len(source.jpeg), 2))
    return source.jpeg[:first] + bytes(last - first) + source.jpeg[last:]


def wrong_header(source: Source, rng: Rng) -> bytes:
    heads = (b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\x00\x00\x00\x00WEBPVP8 ", b"BM", b"II*\x00")
    head = heads[int(rng.integers(len(heads)))]
    return head + source.jpeg[len(head) if rng.random() < 0.5 else 0 :]


def huge(source: Source, rng: Rng) -> bytes:
    """Claim far more pixels in the header than there are."""
    width, height = (int(side) for side in rng.integers(1921, 65_536, 2))
    return _claiming(source, width, height)


def lying_size(source: Source, rng: Rng) -> bytes:
    """Claim allowed sizes that are not the picture's."""
    width, height = source.picture.size
    scale = float(rng.uniform(0.4, 1.5))
    return _claiming(
        source, max(1, int(width * scale)), max(1, int(height * rng.uniform(0.4, 1.5)))
    )


def deep(source: Source, rng: Rng) -> bytes:
    """Claim 12 or 16 bits a sample in the frame header."""
    at = frame_header(source.jpeg) + 4
    return patched(source.jpeg, at, bytes([(12, 16, 4, 255)[int(rng.integers(4))]]))


def progressive_bent(source: Source, rng: Rng) -> bytes:
    content = encoded(source.picture, progressive=True, quality=75)
    return flipped(content, rng, 200, len(content), int(rng.integers(1, 20)), bits=True)


def arithmetic(source: Source, rng: Rng) -> bytes:
    """Claim arithmetic coding (T.81 annex D), with or without its tables."""
    frame = bytes([0xFF, (0xC9, 0xCA, 0xCB, 0xCD)[int(rng.integers(4))]])
    content = patched(source.jpeg, frame_header(source.jpeg), frame)
    return with_segment(content, 0xCC, bytes(rng.integers(0, 256, 2, np.uint8)))


def other_process(source: Source, rng: Rng) -> bytes:
    """Write lossless, hierarchical and reserved frame headers."""
    kinds = (0xC1, 0xC3, 0xC5, 0xC6, 0xC7, 0xC8, 0xCE, 0xCF, 0xF7)
    frame = bytes([0xFF, kinds[int(rng.integers(len(kinds)))]])
    return patched(source.jpeg, frame_header(source.jpeg), frame)


def restarts_lying(source: Source, rng: Rng) -> bytes:
    """Claim a restart interval that the data does not keep, or disorder the markers."""
    if rng.random() < 0.5:
        return with_segment(source.jpeg, 0xDD, struct.pack(">H", int(rng.integers(1, 65_536))))
    bent = bytearray(encoded(source.picture, quality=85, restart_marker_rows=1))
    marks = [at for at in range(len(bent) - 1) if bent[at] == 0xFF and 0xD0 <= bent[at + 1] <= 0xD7]
    for at in rng.choice(marks, 5):
        bent[at + 1] = 0xD0 + int(rng.integers(8))
    return bytes(bent)


def sampling_bent(source: Source, rng: Rng) -> bytes:
    """Write sampling factors and table numbers that do not fit."""
    at = frame_header(source.jpeg) + 11 + 3 * int(rng.integers(3))
    return patched(source.jpeg, at, bytes(rng.integers(0, 256, 2, np.uint8)))


def exif_corrupt(source: Source, rng: Rng) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = 1
    exif[0x010E] = "x" * int(rng.integers(1, 500))
    body = exif.tobytes()
    if rng.random() < 0.5:
        body = flipped(body, rng, 6, len(body), int(rng.integers(1, 12)), bits=False)
    else:
        body = body[: int(rng.integers(6, len(body)))] + rng.bytes(int(rng.integers(200)))
    return with_segment(source.jpeg, 0xE1, body)


def icc(source: Source, rng: Rng) -> bytes:
    """Add a profile of noise, in one piece or in pieces of which some are missing."""
    body = rng.bytes(int(rng.integers(10, 60_000)))
    numbers = bytes(rng.integers(0, 4, 2, np.uint8))
    return with_segment(source.jpeg, 0xE2, b"ICC_PROFILE\x00" + numbers + body)


def zip_bomb(source: Source, rng: Rng) -> bytes:
    """Deflate megabytes of zeros where metadata may be inflated: ICC, XMP, PNG text."""
    bomb = zlib.compress(bytes(int(rng.integers(8, 33)) << 20), 9)
    where = int(rng.integers(3))
    if where == 0:
        return with_segment(source.jpeg, 0xE2, b"ICC_PROFILE\x00\x01\x01" + bomb)
    if where == 1:
        return with_segment(source.jpeg, 0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + bomb)
    head, body = b"\x89PNG\r\n\x1a\n", b"zTXt" + b"comment\x00\x00" + bomb
    return head + struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def many_markers(source: Source, rng: Rng) -> bytes:
    marker = bytes([0xFF, (0xE5, 0xFE, 0xDB, 0xE1)[int(rng.integers(4))], 0x00, 0x02])
    return source.jpeg[:2] + marker * int(rng.integers(65, 50_000)) + source.jpeg[2:]


def many_scans(source: Source, rng: Rng) -> bytes:
    content = encoded(source.picture, progressive=True, quality=60)
    scan = content[content.rindex(b"\xff\xda") : -2]
    room = (LARGEST - len(content)) // max(len(scan), 1)
    return content[:-2] + scan * min(int(rng.integers(2, 3000)), room) + content[-2:]


def webp_bent(source: Source, rng: Rng) -> bytes:
    content = encoded(source.picture, "WEBP", quality=80, method=0)
    if rng.random() < 0.3:
        return content[: int(rng.integers(12, len(content)))]
    first = 12 if rng.random() < 0.5 else 40
    return flipped(content, rng, first, len(content), int(rng.integers(1, 30)), bits=False)


KINDS: tuple[Make, ...] = (
    truncated,
    truncated_tail,
    bits_flipped,
    bits_flipped_in_pixels,
    bytes_flipped_in_header,
    cut_out,
    zeroed,
    wrong_header,
    huge,
    lying_size,
    deep,
    progressive_bent,
    arithmetic,
    other_process,
    restarts_lying,
    sampling_bent,
    exif_corrupt,
    icc,
    zip_bomb,
    many_markers,
    many_scans,
    webp_bent,
)
