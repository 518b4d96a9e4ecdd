"""Decode one frame: bytes to upright pixels, grey or in colour, and no larger than needed.

Rules:

- The service accepts JPEG or a single WebP picture, and nothing else.
- It reads the size from the header before any decoder runs.
- A JPEG, progressive or not, may not have thousands of scans. One with damaged or missing data is
  refused as a whole.
- The file is decoded from memory and never touches the disk.

This module ignores ICC profiles and does not look for a face.

libjpeg-turbo decodes JPEG straight into arrays of our own, at a half, a quarter or an eighth of the
size where that is enough; the face search needs no more. Pillow decodes WebP and the JPEGs that
libjpeg-turbo does not turn into RGB (CMYK), and its copy of the pixels is overwritten too. One copy
cannot be overwritten there: the bytes object that carries the pixels from Pillow to numpy.
"""

from io import BytesIO
from typing import Any

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from facepay.face.errors import FaceRefusal, RefusalKind
from facepay.face.frames.header import Header, parse_header

Pixels = NDArray[np.uint8]  # (height, width, 3) RGB
Grey = NDArray[np.uint8]  # (height, width)

MAX_PIXELS_A_SIDE = 1920
# dlib's detector corrupts the heap on slivers (1920 x 4), and a very long strip takes time without
# showing a face. No camera makes either.
MIN_PIXELS_A_SIDE = 240
MAX_SIDES_RATIO = 2.5
MAX_BYTES = 4 * 1024 * 1024
# Cameras write 1 scan and progressive encoders about 10. The decoder passes over all pixels for
# each scan, even an empty one.
MAX_SCANS = 32
# The size of one JPEG segment. A larger table only keeps its reader busy.
MAX_EXIF_BYTES = 65_535
# Least shorter side of a reduced picture: a face of a third of it still has 120 pixels.
SHORT_SIDE = 360
_SCAN_MARKER = b"\xff\xda"
_REDUCTIONS = (8, 4, 2)
_COLOURED = ("RGB", "YCbCr", "Gray")
_ORIENTATION = 0x0112
# By EXIF orientation: quarter turns counter-clockwise, then whether left and right are exchanged.
_UPRIGHT = {2: (0, True), 3: (2, False), 4: (2, True), 5: (3, True), 6: (3, False), 7: (1, True)}
_UPRIGHT[8] = (1, False)


def decode(image: bytes) -> Pixels:
    """Decode the whole picture in colour: (height, width, 3) uint8 RGB.

    EXIF orientation is applied. The array is writable and owned by the caller, who overwrites it.

    Raises FaceRefusal UNREADABLE, UNSUPPORTED, TOO_LARGE or UNFIT_SHAPE.
    """
    return decode_colour(image, 1)


def decode_reduced(image: bytes) -> tuple[Grey, int]:
    """Decode the picture grey and reduced: (height, width) uint8, and the factor 1, 2, 4 or 8.

    The factor is the number by which the sides were divided. It is the largest that leaves at least
    SHORT_SIDE pixels on the shorter side. Everything else is as in `decode`.
    """
    header = _header(image)
    shorter = min(header.width, header.height)
    reduction = next((n for n in _REDUCTIONS if shorter // n >= SHORT_SIDE), 1)
    return _checked(image, header, "GRAY", reduction), reduction


def decode_colour(image: bytes, reduction: int) -> Pixels:
    """Decode as `decode`, with the sides divided by a `reduction` of 1, 2, 4 or 8."""
    pixels: Pixels = _checked(image, _header(image), "RGB", reduction)
    return pixels


def to_grey(pixels: Pixels) -> Grey:
    """Return a fresh grey copy of (height, width, 3) uint8 RGB pixels."""
    return np.array(Image.fromarray(pixels).convert("L"), dtype=np.uint8)


def _header(image: bytes) -> Header:
    header = parse_header(image)
    shorter, longer = sorted((header.width, header.height))
    if longer > MAX_PIXELS_A_SIDE or len(image) > MAX_BYTES:
        raise FaceRefusal(RefusalKind.TOO_LARGE)
    if shorter < MIN_PIXELS_A_SIDE or longer > MAX_SIDES_RATIO * shorter:
        raise FaceRefusal(RefusalKind.UNFIT_SHAPE)
    if header.format == "JPEG" and image.count(_SCAN_MARKER) > MAX_SCANS:
        raise FaceRefusal(RefusalKind.UNSUPPORTED)
    return header


def _checked(image: bytes, header: Header, colours: str, reduction: int) -> Any:
    try:
        orientation = _orientation(image, header)
        if header.format == "JPEG" and _is_coloured(image, header):
            found = _decode_jpeg(image, header, colours, reduction)
        else:
            found = _decode_otherwise(image, colours, reduction)
        return _upright(found, orientation)
    except FaceRefusal:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        kind = RefusalKind.TOO_LARGE
    except Exception:  # decoders raise OSError, SyntaxError and more on hostile input
        kind = RefusalKind.UNREADABLE
    # Raised outside the except block so that the foreign exception, whose traceback refers to
    # pixels, is not chained.
    raise FaceRefusal(kind)


def _orientation(image: bytes, header: Header) -> int:
    """Read the EXIF orientation without decoding; refuse animations and second pictures."""
    if header.plain:
        return 1
    with Image.open(BytesIO(image), formats=(header.format,)) as opened:
        # A JPEG with several pictures (MPO) or an animation reports another format or n_frames.
        if opened.format != header.format or getattr(opened, "n_frames", 1) != 1:
            raise FaceRefusal(RefusalKind.UNSUPPORTED)
        if opened.size != (header.width, header.height):
            raise FaceRefusal(RefusalKind.UNREADABLE)
        exif = opened.info.get("exif", b"")
        if len(exif) > MAX_EXIF_BYTES:
            raise FaceRefusal(RefusalKind.UNSUPPORTED)
        return int(opened.getexif().get(_ORIENTATION, 1)) if exif else 1


def _is_coloured(image: bytes, header: Header) -> bool:
    """Return whether libjpeg-turbo can turn it into RGB.

    Raises ValueError where libjpeg-turbo reads another size than `parse_header`.
    """
    height, width, colours, _ = simplejpeg.decode_jpeg_header(image)
    if (height, width) != (header.height, header.width):
        raise ValueError("two headers")
    return colours in _COLOURED


def _decode_jpeg(image: bytes, header: Header, colours: str, reduction: int) -> Any:
    height, width = -(-header.height // reduction), -(-header.width // reduction)
    pixels = np.empty((height, width, 1 if colours == "GRAY" else 3), dtype=np.uint8)
    size = {"min_height": height, "min_width": width, "min_factor": reduction}
    try:
        simplejpeg.decode_jpeg(image, colours, buffer=pixels, **size)
    except ValueError:
        pixels.fill(0)  # a truncated picture is decoded in part
        raise
    return pixels[:, :, 0] if colours == "GRAY" else pixels


def _decode_otherwise(image: bytes, colours: str, reduction: int) -> Any:
    with Image.open(BytesIO(image), formats=("JPEG", "WEBP")) as opened:
        opened.load()
        wanted = opened.convert("L" if colours == "GRAY" else "RGB")
        reduced = wanted.reduce(reduction) if reduction > 1 else wanted
        pixels = np.array(reduced, dtype=np.uint8)
        for layer in (reduced, wanted, opened):
            _overwrite(layer)
        return pixels


def _upright(pixels: Any, orientation: int) -> Any:
    if orientation not in _UPRIGHT:
        return pixels
    turns, flipped = _UPRIGHT[orientation]
    turned = np.rot90(pixels, turns)
    upright = np.ascontiguousarray(turned[:, ::-1] if flipped else turned)
    pixels.fill(0)
    return upright


def _overwrite(picture: Image.Image) -> None:
    black: Any = 0 if len(picture.getbands()) == 1 else (0,) * len(picture.getbands())
    picture.paste(black, (0, 0, *picture.size))
