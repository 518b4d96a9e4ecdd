"""Valid pictures of an unusual make, and files that are no pictures: one maker for each kind.

Those that turn the picture turn it so that a reader that applies EXIF sees it upright.
"""

from PIL import Image, ImageOps

from tests.support.picture_source import (
    LARGEST,
    ORIENTATION,
    Make,
    Rng,
    Source,
    encoded,
    patched,
)

# Ways to store a picture so that a reader that applies the EXIF orientation sees it upright.
_STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def other_format(source: Source, rng: Rng) -> bytes:
    kinds = ("PNG", "GIF", "BMP", "TIFF", "JPEG2000", "PPM", "ICO", "AVIF")
    small = source.picture.resize((256, 256))
    content = encoded(small, kinds[int(rng.integers(len(kinds)))])
    return b"\xff\xd8\xff" + content if rng.random() < 0.3 else content


def sliver(source: Source, rng: Rng) -> bytes:
    thin, long = int(rng.integers(1, 240)), int(rng.integers(600, 1921))
    size = (long, thin) if rng.random() < 0.5 else (thin, long)
    return encoded(source.picture.resize(size), quality=80)


def animated(source: Source, rng: Rng) -> bytes:
    small = source.picture.resize((320, 240))
    others = [ImageOps.mirror(small), small.rotate(90)]
    kind = ("GIF", "WEBP", "PNG", "MPO")[int(rng.integers(4))]
    options = {} if kind == "MPO" else {"duration": 50, "loop": 0}
    return encoded(small, kind, save_all=True, append_images=others, **options)


def cmyk(source: Source, rng: Rng) -> bytes:
    return encoded(source.picture.convert("CMYK"), quality=int(rng.integers(60, 96)))


def ycck(source: Source, rng: Rng) -> bytes:
    """Store as Adobe does: the first three planes turned into YCbCr, and the marker for that."""
    cyan, magenta, yellow, black = source.picture.convert("CMYK").split()
    planes = Image.merge("RGB", (cyan, magenta, yellow)).convert("YCbCr").split()
    # Pillow stores each plane of a CMYK picture inverted.
    stored = Image.merge("CMYK", [*map(ImageOps.invert, planes), black])
    content = encoded(stored, quality=int(rng.integers(60, 96)))
    return patched(content, content.index(b"Adobe") + 11, b"\x02")


def progressive(source: Source, rng: Rng) -> bytes:
    return encoded(source.picture, progressive=True, quality=int(rng.integers(50, 96)))


def grey(source: Source, rng: Rng) -> bytes:
    return encoded(source.picture.convert("L"), quality=int(rng.integers(60, 96)))


def restarts(source: Source, rng: Rng) -> bytes:
    """Put a restart after each block up to one in thousands."""
    every = int(rng.choice([1, 2, 3, 17, 255, 4096, 65_535]))
    return encoded(source.picture, quality=85, restart_marker_blocks=every)


def subsampled(source: Source, rng: Rng) -> bytes:
    quality = int(rng.integers(40, 100))
    return encoded(source.picture, quality=quality, subsampling=int(rng.integers(3)))


def exif_upright(source: Source, rng: Rng) -> bytes:
    """Turn the picture any way, with an EXIF orientation that turns it upright."""
    orientation = int(rng.integers(1, 9))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    how = _STORED[orientation]
    stored = source.picture if how is None else source.picture.transpose(how)
    kind = "WEBP" if rng.random() < 0.2 else "JPEG"
    return encoded(stored, kind, quality=90, exif=exif)


def webp_lossy(source: Source, rng: Rng) -> bytes:
    return encoded(source.picture, "WEBP", quality=int(rng.integers(40, 96)), method=0)


def webp_lossless(source: Source, rng: Rng) -> bytes:
    small = source.picture.resize((800, 600)) if rng.random() < 0.7 else source.picture
    return encoded(small, "WEBP", lossless=True, quality=0, method=0)


def webp_alpha(source: Source, rng: Rng) -> bytes:
    picture = source.picture.convert("RGBA")
    picture.putalpha(int(rng.integers(0, 256)))
    return encoded(picture, "WEBP", quality=80, method=0, exact=True)


def empty(source: Source, rng: Rng) -> bytes:
    return bytes(int(rng.choice([0, 1, 2, 3, 4, 12, 100, 5000])))


def noise(source: Source, rng: Rng) -> bytes:
    """Make noise as large as a picture may be, with or without a picture's first bytes."""
    heads = (b"", source.jpeg[:2], source.jpeg[: source.scan], b"RIFF\x00\x00\x40\x00WEBPVP8L")
    head = heads[int(rng.integers(len(heads)))]
    return head + rng.bytes(LARGEST - len(head))


def trailing(source: Source, rng: Rng) -> bytes:
    """Append bytes after the end of the picture, perhaps another one."""
    return source.jpeg + (
        source.jpeg if rng.random() < 0.5 else rng.bytes(int(rng.integers(99_999)))
    )


KINDS: tuple[Make, ...] = (
    other_format,
    sliver,
    animated,
    cmyk,
    ycck,
    progressive,
    grey,
    restarts,
    subsampled,
    exif_upright,
    webp_lossy,
    webp_lossless,
    webp_alpha,
    empty,
    noise,
    trailing,
)
