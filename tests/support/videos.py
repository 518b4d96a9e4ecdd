"""Videos in the form that phones and browsers store, made from rendered bursts."""

import struct
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from facepay_rehearsal.bursts import Shot

FOURCC = {".mp4": "mp4v", ".mov": "mp4v", ".webm": "VP80", ".avi": "MJPG"}
LANDSCAPE, PORTRAIT = (640, 480), (720, 1280)
_LAST_SHOWN_MS = 220
_NOISE_LEVELS = 2.0
_MARGIN = 64
# tkhd: version, flags, times, track, duration; reserved, layer, group, volume (ISO/IEC 14496-12)
_TO_MATRIX = 40


def write_video(
    path: Path,
    shots: Sequence[Shot],
    *,
    size: tuple[int, int] = LANDSCAPE,
    fps: float = 30,
    stored_turned: int = 0,
) -> Path:
    """Each picture shows the shot taken nearest to its time, with a camera's noise.

    `size` is what is seen, cut from the shot's middle.

    `stored_turned`: the pictures lie in the file turned by so many degrees, and its metadata says
    how to turn them back, as a phone's do.
    """
    pictures = [np.rot90(_seen(shot, size), stored_turned // 90) for shot in shots]
    height, width = pictures[0].shape[:2]
    fourcc = cv2.VideoWriter_fourcc(*FOURCC[path.suffix])
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, fourcc, fps, (width, height))
    assert writer.isOpened()
    times = [shot.monotonic_ms - shots[0].monotonic_ms for shot in shots]
    noise = _noise(height, width)
    for frame in range(round((times[-1] + _LAST_SHOWN_MS) * fps / 1000)):
        at = frame * 1000 / fps
        shown = min(range(len(times)), key=lambda shot: abs(times[shot] - at))
        at_row, at_column = frame * 7 % _MARGIN, frame * 11 % _MARGIN
        grain = noise[at_row : at_row + height, at_column : at_column + width]
        writer.write(cv2.add(np.ascontiguousarray(pictures[shown]), grain, dtype=cv2.CV_8U))
    writer.release()
    if stored_turned:
        _turn_by_metadata(path, stored_turned)
    return path


def _seen(shot: Shot, size: tuple[int, int]) -> np.ndarray:
    picture = cv2.imdecode(np.frombuffer(shot.jpeg, np.uint8), cv2.IMREAD_COLOR)
    height, width = picture.shape[:2]
    scale = min(width / size[0], height / size[1])
    across, down = round(size[0] * scale), round(size[1] * scale)
    left, top = (width - across) // 2, (height - down) // 2
    cut = picture[top : top + down, left : left + across]
    return np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_CUBIC))


def _noise(height: int, width: int) -> np.ndarray:
    """Make noise for more than a picture: each picture has another part of it."""
    whole = np.random.default_rng(1).normal(
        0, _NOISE_LEVELS, (height + _MARGIN, width + _MARGIN, 3)
    )
    return whole.astype(np.float32).round().astype(np.int16)


def _turn_by_metadata(path: Path, degrees: int) -> None:
    """Turn the video clockwise by the matrix of the track's header, against its storage."""
    sine, cosine = {90: (1, 0), 180: (0, -1), 270: (-1, 0)}[degrees]
    one = 1 << 16
    matrix = (cosine * one, sine * one, 0, -sine * one, cosine * one, 0, 0, 0, 1 << 30)
    content = bytearray(path.read_bytes())
    at = content.rindex(b"tkhd") + len(b"tkhd") + _TO_MATRIX
    assert content[at : at + 4] == struct.pack(">i", one)
    content[at : at + 36] = struct.pack(">9i", *matrix)
    path.write_bytes(content)
