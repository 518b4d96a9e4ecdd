"""Checkpoints: signed statements of the audit log's end, each of which extends the one before.

The last one is stored in the database as the root key signed it, so that a database writer can
neither make nor change one. A key in the vault stands for it (`anchor`), so that an older one
cannot take its place.
"""

from dataclasses import dataclass
from datetime import datetime

from facepay.domain.audit import GENESIS, Head

TYP = "facepay-checkpoint+jwt"
HEAD = "log"  # the id of the log's one head, and of its one checkpoint
START = Head(HEAD, 0, GENESIS)
BEGUN = "begun"
_HASH_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The row of the last checkpoint: a compact JWS, and when its last renewal began."""

    id: str
    token: str
    renewed_at: datetime


@dataclass(frozen=True, slots=True)
class SignedEnd:
    """A checkpoint's statement: the end of the log, and the end that was signed before it."""

    token: str
    end: Head
    previous: Head


NOTHING_SIGNED = SignedEnd("", START, START)


@dataclass
class LogMemory:
    """The memory that one worker has of the log, where no database writer can change it.

    `newest` is the checkpoint with the most leaves that this worker has seen, and `marked` the
    token that it has marked in the vault as the last one. `reread` is how far the leaves were read
    again, and `compared_at` when this worker itself last found the log to be what was signed.
    `refused_at` is when the log last contradicted its checkpoint, None while it does not.
    """

    newest: SignedEnd | None = None
    marked: str | None = None
    reread: Head = START
    compared_at: datetime | None = None
    refused_at: datetime | None = None

    def remember(self, signed: SignedEnd) -> None:
        if self.newest is None or signed.end.size >= self.newest.end.size:
            self.newest = signed


def anchor(end: Head) -> str:
    """Name the vault's key that stands for a signed end. `START` has none: see `BEGUN`."""
    return f"{end.size}-{end.hash[:_HASH_DIGITS]}"
