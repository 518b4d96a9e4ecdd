"""Frames come from outside: every input gives a refusal or pixels, and never a crash."""

import struct
import time
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from facepay.face.errors import FaceRefusal, RefusalKind
from facepay.face.frames.decode import decode

ORIENTATION_TAG = 0x0112
ROTATED_90 = 6  # the camera was held upright, so the picture must be turned clockwise


def picture(width: int = 320, height: int = 240, mode: str = "RGB") -> Image.Image:
    """Make a picture with a bright left and a dark right half, to show its orientation."""
    grey = np.full((height, width), 220, dtype=np.uint8)
    grey[:, width // 2 :] = 30
    return Image.fromarray(grey).convert(mode)


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    stored = BytesIO()
    image.save(stored, kind, **options)
    return stored.getvalue()


def refusal_of(image: bytes) -> RefusalKind:
    with pytest.raises(FaceRefusal) as refused:
        decode(image)
    assert refused.value.__cause__ is None
    return refused.value.kind


def test_a_camera_jpeg_becomes_rgb_that_the_caller_can_overwrite() -> None:
    pixels = decode(encoded(picture()))
    assert pixels.shape == (240, 320, 3)
    assert pixels.dtype == np.uint8
    assert pixels[:, :120].mean() > 200 > 60 > pixels[:, 200:].mean()
    pixels.fill(0)
    assert not pixels.any()


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"exif": Image.Exif().tobytes()}])
def test_webp_from_a_browser_is_decoded(options: dict[str, object]) -> None:
    assert decode(encoded(picture(), "WEBP", **options)).shape == (240, 320, 3)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_picture_of_a_phone_held_upright_is_decoded_upright(kind: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = ROTATED_90
    pixels = decode(encoded(picture(), kind, exif=exif))
    assert pixels.shape == (320, 240, 3)
    assert pixels[:120].mean() > 200 > 60 > pixels[200:].mean()


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_a_grey_or_cmyk_jpeg_is_decoded(mode: str) -> None:
    pixels = decode(encoded(picture(mode=mode)))
    assert pixels.shape == (240, 320, 3)
    assert pixels[:, :120].mean() > 180 > 80 > pixels[:, 200:].mean()


@pytest.mark.parametrize("kind", ["GIF", "PNG", "BMP", "TIFF"])
def test_formats_with_a_larger_attack_surface_are_refused(kind: str) -> None:
    assert refusal_of(encoded(picture(), kind)) is RefusalKind.UNSUPPORTED


def test_a_video_disguised_as_one_webp_frame_is_refused() -> None:
    frames = [picture(), picture().rotate(180)]
    animated = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=100)
    assert refusal_of(animated) is RefusalKind.UNSUPPORTED


def test_two_pictures_in_one_jpeg_are_refused() -> None:
    two = encoded(picture(), "MPO", save_all=True, append_images=[picture()])
    assert refusal_of(two) is RefusalKind.UNSUPPORTED


@pytest.mark.parametrize("cut", [2, 3, 20, 200, -40])
def test_a_truncated_upload_is_refused(cut: int) -> None:
    whole = encoded(picture(320, 240))
    assert refusal_of(whole[:cut]) in {RefusalKind.UNREADABLE, RefusalKind.UNSUPPORTED}


def test_an_empty_frame_is_refused() -> None:
    assert refusal_of(b"") is RefusalKind.UNREADABLE


def test_text_is_refused() -> None:
    assert refusal_of(b"<html>not a face</html>") is RefusalKind.UNSUPPORTED


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_frame_over_1920_pixels_a_side_is_refused(kind: str) -> None:
    assert refusal_of(encoded(picture(1921, 800), kind)) is RefusalKind.TOO_LARGE
    assert decode(encoded(picture(1920, 800), kind)).shape == (800, 1920, 3)


@pytest.mark.parametrize("size", [(1920, 4), (400, 1), (1, 1920), (239, 400), (240, 601)])
def test_a_sliver_that_corrupts_the_memory_of_the_detector_is_refused(
    size: tuple[int, int],
) -> None:
    """On 1920 x 4 pixels the detector of dlib wrote outside its heap and killed the worker."""
    assert refusal_of(encoded(picture(*size))) is RefusalKind.UNFIT_SHAPE


def test_a_header_with_100000_fill_bytes_or_segments_is_refused() -> None:
    whole = encoded(picture())
    for at in (2, whole.index(b"\xff\xda")):
        filled = whole[:at] + b"\xff" * 100_000 + whole[at:]
        segments = whole[:at] + b"\xff\xe5\x00\x02" * 100_000 + whole[at:]
        assert refusal_of(filled) is RefusalKind.UNREADABLE
        assert refusal_of(segments) is RefusalKind.UNREADABLE


def claiming(image: bytes, width: int, height: int) -> bytes:
    """Return the same JPEG with another size in its frame header."""
    at = image.index(b"\xff\xc0") + 5
    return image[:at] + struct.pack(">HH", height, width) + image[at + 4 :]


@pytest.mark.parametrize("side", [10_000, 30_000, 65_535])
def test_a_decompression_bomb_costs_no_memory_and_no_time(side: int) -> None:
    bomb = claiming(encoded(picture()), side, side)
    started = time.thread_time()
    assert refusal_of(bomb) is RefusalKind.TOO_LARGE
    assert time.thread_time() - started < 0.2


def webp_bomb() -> bytes:
    bits = (16_383 - 1) | (16_383 - 1) << 14
    body = b"\x2f" + struct.pack("<I", bits) + bytes(32)
    chunk = b"VP8L" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


def test_a_webp_bomb_is_refused_before_a_decoder_allocates() -> None:
    assert refusal_of(webp_bomb()) is RefusalKind.TOO_LARGE


def test_an_ordinary_progressive_jpeg_is_decoded() -> None:
    assert decode(encoded(picture(), progressive=True)).shape == (240, 320, 3)


def test_thousands_of_scans_in_one_jpeg_do_not_occupy_a_worker() -> None:
    whole = encoded(picture(1920, 1920), progressive=True)
    scan = whole.rindex(b"\xff\xda")
    many = whole[:scan] + whole[scan:-2] * 500 + whole[-2:]
    assert refusal_of(many) is RefusalKind.UNSUPPORTED


def test_thousands_of_empty_scans_in_a_baseline_jpeg_do_not_occupy_a_worker() -> None:
    """Each scan has ten bytes and costs a pass over all pixels; 4 MiB took minutes to refuse."""
    whole = encoded(picture(1920, 1920))
    empty = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"  # for the first colour, without data
    many = whole[: whole.index(b"\xff\xda")] + empty * 2000 + whole[-2:]
    started = time.thread_time()
    assert refusal_of(many) is RefusalKind.UNSUPPORTED
    assert time.thread_time() - started < 0.5


def _random_bytes(seed: int) -> bytes:
    return b"\xff\xd8\xff" + np.random.default_rng(seed).bytes(500)


def _flipped(seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    image = bytearray(encoded(picture(320, 240), ["JPEG", "WEBP"][seed % 2]))
    for at in rng.integers(0, len(image), 12):
        image[at] ^= int(rng.integers(1, 256))
    return bytes(image)


@pytest.mark.parametrize("broken", [_random_bytes, _flipped])
def test_damaged_frames_never_crash_the_service(broken: Callable[[int], bytes]) -> None:
    for seed in range(150):
        with suppress(FaceRefusal):  # any other exception would be the crash
            assert decode(broken(seed)).ndim == 3
