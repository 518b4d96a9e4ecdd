"""The log: a hash chain of leaves, each bound to the one before.

A leaf says that something of a kind happened at a time, and commits to the details with a salted
hash. The details and the salt are kept apart (`Opening`): erasing them leaves a chain that still
verifies and no longer says anything about a person (rights.md: append-only log against erasure).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

GENESIS = hashlib.sha256(b"facepay log v1").hexdigest()


@dataclass(frozen=True, slots=True)
class Leaf:
    """Hashes are lower-case hex SHA-256. `seq` counts from 1 without gaps."""

    seq: int
    at: datetime
    kind: str
    commitment: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Opening:
    """What a leaf committed to: erasable, never published."""

    seq: int
    salt: str
    details: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: how many leaves, and the hash of the last."""

    id: str
    size: int
    hash: str


def canonical(value: Mapping[str, object]) -> str:
    """JSON with sorted keys, no spaces, ASCII: one byte sequence for one value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def commit(salt: str, details: str) -> str:
    """A commitment that hides `details` as long as `salt` (256 random bits, hex) is unknown."""
    return hashlib.sha256(f"facepay commitment v1\n{salt}\n{details}".encode()).hexdigest()


def leaf_hash(seq: int, at: str, kind: str, commitment: str, previous: str) -> str:
    """The hash of a leaf. `at` is RFC 3339 in UTC with microseconds."""
    record = {"seq": seq, "at": at, "kind": kind, "commitment": commitment, "previous": previous}
    return hashlib.sha256(f"facepay leaf v1\n{canonical(record)}".encode()).hexdigest()


def timestamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def next_leaf(head: Head, *, at: datetime, kind: str, commitment: str) -> Leaf:
    seq = head.size + 1
    digest = leaf_hash(seq, timestamp(at), kind, commitment, head.hash)
    return Leaf(seq, at, kind, commitment, head.hash, digest)


def verify_chain(leaves: Iterable[Leaf], *, start: Head) -> Head:
    """Follow the chain from `start`; returns its end. Raises ValueError at the first bad leaf."""
    head = start
    for leaf in leaves:
        expected = next_leaf(head, at=leaf.at, kind=leaf.kind, commitment=leaf.commitment)
        if leaf != expected:
            raise ValueError(f"the log is broken at leaf {leaf.seq}")
        head = Head(head.id, leaf.seq, leaf.hash)
    return head
