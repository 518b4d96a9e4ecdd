"""dlib's frontal face detector, cut down to what a search near a known face needs.

The detector is five filters run over a pyramid of ever smaller pictures. Where a face was a moment
ago it is looked for upright (three filters: to the front, the left and the right; the two that are
left out see a tilted head) and at its own size (two levels of the pyramid): the same face for less
than half of the time. dlib has no setting for either, but it hands out the detector as a stream of
its own numbers, in which both are written.

The stream (dlib's `serialize`): whole numbers, each a byte that holds how many bytes follow and the
sign, then those, least significant first. The 19 that describe the scanner come first, then the
filters, each its two dimensions and 3101 numbers of a mantissa and a binary exponent.
"""

from typing import Any

import dlib

_LEVELS_AT, _FILTERS_AT = 8, 18
_LEVELS, _FILTERS = 1000, 5
_NUMBERS_A_FILTER = 2 + 2 * 3101


def cut_down(detector: Any, *, filters: int, levels: int) -> Any:
    """A `dlib.fhog_object_detector` with the first `filters` and at most `levels` of the pyramid.

    Raises ValueError where this dlib writes its detector otherwise.
    """
    (stream,) = detector.__getstate__()
    ends = _ends(stream)
    if len(ends) != _FILTERS_AT + 1 + _FILTERS * _NUMBERS_A_FILTER:
        raise ValueError("not the five filters of dlib's frontal detector")
    parts = [stream[: ends[_LEVELS_AT - 1]], _changed(stream, ends, _LEVELS_AT, _LEVELS, levels)]
    parts.append(stream[ends[_LEVELS_AT] : ends[_FILTERS_AT - 1]])
    parts.append(_changed(stream, ends, _FILTERS_AT, _FILTERS, filters))
    parts.append(stream[ends[_FILTERS_AT] : ends[_FILTERS_AT + filters * _NUMBERS_A_FILTER]])
    smaller = dlib.fhog_object_detector.__new__(dlib.fhog_object_detector)
    smaller.__setstate__((b"".join(parts),))
    return smaller


def _ends(stream: bytes) -> list[int]:
    """Where each number of the stream ends."""
    ends, position = [], 0
    while position < len(stream):
        position += 1 + (stream[position] & 0x7F)
        ends.append(position)
    return ends


def _changed(stream: bytes, ends: list[int], at: int, expected: int, wanted: int) -> bytes:
    if stream[ends[at - 1] : ends[at]] != _number(expected):
        raise ValueError(f"dlib's detector has not got {expected} where it should")
    return _number(wanted)


def _number(value: int) -> bytes:
    size = max(1, (value.bit_length() + 7) // 8)
    return bytes([size]) + value.to_bytes(size, "little")
