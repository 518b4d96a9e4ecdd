"""The audit log: a hash chain of leaves, each bound to the leaf before it.

A leaf states that an event of one kind happened at a time. It commits to the details with a salted
hash. Details and salt are stored apart from it, as an `Opening`. After they are erased, the chain
still verifies and no longer says anything about a person (PIPL art. 47, GDPR art. 17: an
append-only log that permits erasure).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

GENESIS = hashlib.sha256(b"facepay log v1").hexdigest()


@dataclass(frozen=True, slots=True)
class Leaf:
    """One entry of the chain: hashes are lower-case hex SHA-256, `seq` counts from 1 without gaps.

    `commitment` is `commit(salt, details)`, `previous` the hash of the leaf before.
    """

    seq: int
    at: datetime
    kind: str
    commitment: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Opening:
    """The salt and details that a leaf commits to: erasable, and never published with the log."""

    seq: int
    salt: str
    details: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: the number of leaves, and the hash of the last one."""

    id: str
    size: int
    hash: str


def canonical(value: Mapping[str, object]) -> str:
    """Return JSON with sorted keys, no spaces, ASCII only: one byte sequence for one value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def commit(salt: str, details: str) -> str:
    """Return a commitment that hides `details` while `salt` (256 random bits, hex) is secret."""
    return hashlib.sha256(f"facepay commitment v1\n{salt}\n{details}".encode()).hexdigest()


def leaf_hash(seq: int, at: str, kind: str, commitment: str, previous: str) -> str:
    """Return the hash of a leaf, in hex; `at` is RFC 3339 in UTC with microseconds."""
    record = {"seq": seq, "at": at, "kind": kind, "commitment": commitment, "previous": previous}
    return hashlib.sha256(f"facepay leaf v1\n{canonical(record)}".encode()).hexdigest()


def timestamp(at: datetime) -> str:
    """Return RFC 3339 with microseconds; `at` must be in UTC."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def next_leaf(head: Head, *, at: datetime, kind: str, commitment: str) -> Leaf:
    """Return the leaf that follows `head`."""
    seq = head.size + 1
    digest = leaf_hash(seq, timestamp(at), kind, commitment, head.hash)
    return Leaf(seq, at, kind, commitment, head.hash, digest)


def verify_chain(leaves: Iterable[Leaf], *, start: Head) -> Head:
    """Follow the chain from `start` and return its end.

    Raises ValueError at the first leaf that does not fit.
    """
    head = start
    for leaf in leaves:
        expected = next_leaf(head, at=leaf.at, kind=leaf.kind, commitment=leaf.commitment)
        if leaf != expected:
            raise ValueError(f"the audit log is broken at leaf {leaf.seq}")
        head = Head(head.id, leaf.seq, leaf.hash)
    return head
