"""One frame: bytes in, upright RGB pixels out.

Rules: JPEG or a single WebP picture, nothing else; the size is read from the header before any
decoder runs; a progressive JPEG may not hide thousands of scans; the file is read from memory
and never touches the disk. It does not resize, does not colour-manage (an ICC profile is
ignored), and does not judge whether there is a face.

Pillow's own copy of the pixels is overwritten too. One copy is out of reach: the bytes object
that carries the pixels from Pillow to numpy is freed without being overwritten.
"""

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from facepay.face.errors import FaceRefusal, RefusalKind
from facepay.face.header import parse_header

Pixels = NDArray[np.uint8]

MAX_PIXELS_A_SIDE = 1920
# dlib's detector corrupts the heap on slivers (1920 x 4), and a very long strip is all work and no
# face: no camera makes either.
MIN_PIXELS_A_SIDE = 240
MAX_SIDES_RATIO = 2.5
MAX_BYTES = 4 * 1024 * 1024
# Cameras write 1 scan and progressive encoders about 10; each one costs a pass over all pixels.
MAX_SCANS = 32
# One JPEG segment's worth; more is a table made to keep its reader busy.
MAX_EXIF_BYTES = 65_535
_SCAN_MARKER = b"\xff\xda"


def decode(image: bytes) -> Pixels:
    """Decode one frame.

    Returns (height, width, 3) uint8 RGB, EXIF orientation applied, writable and owned by the
    caller, who overwrites it. Raises FaceRefusal UNREADABLE, UNSUPPORTED, TOO_LARGE or
    UNFIT_SHAPE.
    """
    header = parse_header(image)
    shorter, longer = sorted((header.width, header.height))
    if longer > MAX_PIXELS_A_SIDE or len(image) > MAX_BYTES:
        raise FaceRefusal(RefusalKind.TOO_LARGE)
    if shorter < MIN_PIXELS_A_SIDE or longer > MAX_SIDES_RATIO * shorter:
        raise FaceRefusal(RefusalKind.UNFIT_SHAPE)
    if header.format == "JPEG" and image.count(_SCAN_MARKER) > MAX_SCANS:
        raise FaceRefusal(RefusalKind.UNSUPPORTED)
    try:
        return _decode_checked(image, header.format, (header.width, header.height))
    except FaceRefusal:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        kind = RefusalKind.TOO_LARGE
    except Exception:  # Pillow raises nearly anything on hostile input: OSError, SyntaxError, ...
        kind = RefusalKind.UNREADABLE
    # Outside the except block: the foreign exception, whose frames hold pixels, is not chained.
    raise FaceRefusal(kind)


def _decode_checked(image: bytes, expected_format: str, expected_size: tuple[int, int]) -> Pixels:
    with Image.open(BytesIO(image), formats=(expected_format,)) as opened:
        # A JPEG with several pictures (MPO) or an animation reports another format or n_frames.
        if opened.format != expected_format or getattr(opened, "n_frames", 1) != 1:
            raise FaceRefusal(RefusalKind.UNSUPPORTED)
        if opened.size != expected_size:
            raise FaceRefusal(RefusalKind.UNREADABLE)
        if len(opened.info.get("exif", b"")) > MAX_EXIF_BYTES:
            raise FaceRefusal(RefusalKind.UNSUPPORTED)
        opened.load()
        ImageOps.exif_transpose(opened, in_place=True)
        return _to_rgb(opened)


def _to_rgb(picture: Image.Image) -> Pixels:
    """Grey, CMYK and transparent pictures become RGB; Pillow's pixels are overwritten."""
    rgb = picture.convert("RGB")
    pixels = np.array(rgb, dtype=np.uint8)
    for layer in (rgb, picture):
        _overwrite(layer)
    return pixels


def _overwrite(picture: Image.Image) -> None:
    black: Any = 0 if len(picture.getbands()) == 1 else (0,) * len(picture.getbands())
    picture.paste(black, (0, 0, *picture.size))
