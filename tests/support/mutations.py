"""Pictures of an attacker, a broken camera or an odd encoder, by kind and number.

The same kind and number give the same bytes, so that a finding can be repeated.
"""

import zlib

import numpy as np

from tests.support import bent_pictures, odd_pictures
from tests.support.picture_source import Make, Source

SEED = 2026
KINDS: dict[str, Make] = {
    make.__name__: make for make in (*bent_pictures.KINDS, *odd_pictures.KINDS)
}


def mutated(kind: str, number: int, source: Source) -> bytes:
    seed = [SEED, zlib.crc32(kind.encode()), number]
    return KINDS[kind](source, np.random.default_rng(seed))
