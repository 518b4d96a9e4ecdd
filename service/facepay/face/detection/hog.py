"""Reduce dlib's frontal face detector to the part that a search near a known face needs.

The detector runs five filters over a pyramid of ever smaller pictures. A search near the last box
needs only three of them (frontal, turned left, turned right), because the other two find tilted
heads. It needs two levels of the pyramid, because the size is known. It then finds the same face in
less than half of the time. dlib has no setting for either number, but it serialises the detector,
and both numbers are part of that stream.

The stream (dlib's `serialize`) consists of whole numbers. Each is a byte with the number of bytes
that follow and the sign, then those bytes, least significant first. The first 19 numbers describe
the scanner. Then come the filters, each with its two dimensions and 3101 numbers as mantissa and
binary exponent.
"""

from typing import Any

import dlib

_LEVELS_AT, _FILTERS_AT = 8, 18
_LEVELS, _FILTERS = 1000, 5
_NUMBERS_A_FILTER = 2 + 2 * 3101


def detector_from(stream: bytes) -> Any:
    """Return a `dlib.fhog_object_detector` of its own from the stream that dlib writes of one."""
    detector = dlib.fhog_object_detector.__new__(dlib.fhog_object_detector)
    detector.__setstate__((stream,))
    return detector


def reduce_detector(stream: bytes, *, filters: int, levels: int) -> bytes:
    """Return the stream of a detector with the first `filters` and at most `levels`.

    `stream` is dlib's frontal detector; `levels` counts the levels of its pyramid.

    Raises ValueError where this version of dlib writes its detector differently.
    """
    ends = _number_ends(stream)
    if len(ends) != _FILTERS_AT + 1 + _FILTERS * _NUMBERS_A_FILTER:
        raise ValueError("the detector does not have the five filters of dlib's frontal detector")
    parts = [
        stream[: ends[_LEVELS_AT - 1]],
        _replace_number(stream, ends, _LEVELS_AT, _LEVELS, levels),
    ]
    parts.append(stream[ends[_LEVELS_AT] : ends[_FILTERS_AT - 1]])
    parts.append(_replace_number(stream, ends, _FILTERS_AT, _FILTERS, filters))
    parts.append(stream[ends[_FILTERS_AT] : ends[_FILTERS_AT + filters * _NUMBERS_A_FILTER]])
    return b"".join(parts)


def _number_ends(stream: bytes) -> list[int]:
    """Return the position after each number of the stream."""
    ends, position = [], 0
    while position < len(stream):
        position += 1 + (stream[position] & 0x7F)
        ends.append(position)
    return ends


def _replace_number(stream: bytes, ends: list[int], at: int, expected: int, wanted: int) -> bytes:
    if stream[ends[at - 1] : ends[at]] != _encode_number(expected):
        raise ValueError(f"dlib's detector does not have {expected} at the expected position")
    return _encode_number(wanted)


def _encode_number(value: int) -> bytes:
    size = max(1, (value.bit_length() + 7) // 8)
    return bytes([size]) + value.to_bytes(size, "little")
