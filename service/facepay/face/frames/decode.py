"""One frame: bytes in, upright pixels out, grey or in colour, and no larger than needed.

Rules: JPEG or a single WebP picture, nothing else; the size is read from the header before any
decoder runs; a JPEG, progressive or not, may not hide thousands of scans, and with damaged or
missing data it is refused whole; the file is read from memory and never touches the disk. It does
not colour-manage (an ICC profile is ignored), and does not judge whether there is a face.

JPEG is decoded by libjpeg-turbo straight into arrays of our own, at a half, a quarter or an eighth
of the size where that is enough: searching a face needs no more. What libjpeg-turbo does not turn
into RGB (CMYK), and WebP, goes through Pillow; its own copy of the pixels is overwritten too. One
copy is out of reach there: the bytes object that carries the pixels from Pillow to numpy.
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
# dlib's detector corrupts the heap on slivers (1920 x 4), and a very long strip is all work and no
# face: no camera makes either.
MIN_PIXELS_A_SIDE = 240
MAX_SIDES_RATIO = 2.5
MAX_BYTES = 4 * 1024 * 1024
# Cameras write 1 scan and progressive encoders about 10; each one costs a pass over all pixels,
# also one that is empty.
MAX_SCANS = 32
# One JPEG segment's worth; more is a table made to keep its reader busy.
MAX_EXIF_BYTES = 65_535
# The shorter side of a reduced picture: a face of a third of it still has 120 pixels.
SHORT_SIDE = 360
_SCAN_MARKER = b"\xff\xda"
_REDUCTIONS = (8, 4, 2)
_COLOURED = ("RGB", "YCbCr", "Gray")
_ORIENTATION = 0x0112
# EXIF orientation: quarter turns counter-clockwise, then whether left and right change places.
_UPRIGHT = {2: (0, True), 3: (2, False), 4: (2, True), 5: (3, True), 6: (3, False), 7: (1, True)}
_UPRIGHT[8] = (1, False)


def decode(image: bytes) -> Pixels:
    """The whole picture in colour: (height, width, 3) uint8 RGB.

    EXIF orientation applied, writable, and owned by the caller, who overwrites it. Raises
    FaceRefusal UNREADABLE, UNSUPPORTED, TOO_LARGE or UNFIT_SHAPE.
    """
    return decode_colour(image, 1)


def decode_reduced(image: bytes) -> tuple[Grey, int]:
    """The picture grey, its shorter side at least SHORT_SIDE where it has as many, and the factor.

    As `decode`; the factor is by how much the sides were divided: 1, 2, 4 or 8.
    """
    header = _header(image)
    shorter = min(header.width, header.height)
    reduction = next((n for n in _REDUCTIONS if shorter // n >= SHORT_SIDE), 1)
    return _checked(image, header, "GRAY", reduction), reduction


def decode_colour(image: bytes, reduction: int) -> Pixels:
    """As `decode`, the sides divided by a `reduction` of 1, 2, 4 or 8."""
    pixels: Pixels = _checked(image, _header(image), "RGB", reduction)
    return pixels


def to_grey(pixels: Pixels) -> Grey:
    """A fresh grey copy."""
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
    except Exception:  # decoders raise nearly anything on hostile input: OSError, SyntaxError, ...
        kind = RefusalKind.UNREADABLE
    # Outside the except block: the foreign exception, whose frames hold pixels, is not chained.
    raise FaceRefusal(kind)


def _orientation(image: bytes, header: Header) -> int:
    """Read without decoding. Pillow also sees what a second picture or an animation is."""
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
    """Whether libjpeg-turbo makes RGB of it. Raises ValueError where it sees another size."""
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
        pixels.fill(0)  # what there was of a picture that breaks off
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
