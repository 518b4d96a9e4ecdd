"""A genuine frame, and tools to write picture files from it."""

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

Rng = np.random.Generator
Make = Callable[["Source", Rng], bytes]

LARGEST = 4 * 1024 * 1024  # bytes of a body, and so of a picture
ORIENTATION = 0x0112


@dataclass(frozen=True)
class Source:
    """A genuine frame."""

    jpeg: bytes

    @cached_property
    def picture(self) -> Image.Image:
        return Image.open(io.BytesIO(self.jpeg)).convert("RGB")

    @property
    def scan(self) -> int:
        """Return the place where the entropy-coded pixels begin."""
        at = self.jpeg.index(b"\xff\xda")
        return at + 2 + int.from_bytes(self.jpeg[at + 2 : at + 4], "big")


def encoded(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    stored = io.BytesIO()
    picture.save(stored, kind, **options)
    return stored.getvalue()


def with_segment(jpeg: bytes, marker: int, body: bytes) -> bytes:
    """Insert a segment after the start of the image; long bodies fill several segments."""
    pieces = [body[at : at + 65_533] for at in range(0, max(len(body), 1), 65_533)]
    segments = [b"\xff" + bytes([marker]) + struct.pack(">H", len(p) + 2) + p for p in pieces]
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def frame_header(jpeg: bytes) -> int:
    """Return the place of SOF0 or SOF2."""
    return next(at for mark in (b"\xff\xc0", b"\xff\xc2") if (at := jpeg.find(mark)) >= 0)


def patched(content: bytes, at: int, piece: bytes) -> bytes:
    return content[:at] + piece + content[at + len(piece) :]


def flipped(content: bytes, rng: Rng, first: int, last: int, count: int, *, bits: bool) -> bytes:
    """Change some bytes between `first` and `last`, by one bit or altogether."""
    bent = bytearray(content)
    for at in rng.integers(first, last, count):
        bent[at] = bent[at] ^ (1 << int(rng.integers(8))) if bits else int(rng.integers(256))
    return bytes(bent)
