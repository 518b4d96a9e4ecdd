"""One changed leaf of the log is found, and erased contents cannot be guessed."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from facepay.domain.audit import GENESIS, Head, Leaf, commit, next_leaf, timestamp, verify_chain

NOW = datetime(2026, 11, 23, 12, 0, 0, 42, tzinfo=UTC)
START = Head("log", 0, GENESIS)


def chain(length: int) -> list[Leaf]:
    head, leaves = START, []
    for number in range(length):
        leaf = next_leaf(
            head,
            at=NOW + timedelta(seconds=number),
            kind="payment.approved",
            commitment=commit("salt", str(number)),
        )
        leaves.append(leaf)
        head = Head("log", leaf.seq, leaf.hash)
    return leaves


def test_an_untouched_log_verifies_and_names_its_end() -> None:
    leaves = chain(5)
    assert verify_chain(leaves, start=START) == Head("log", 5, leaves[-1].hash)


@pytest.mark.parametrize("position", range(5))
@pytest.mark.parametrize(
    "change",
    [
        {"at": NOW + timedelta(microseconds=1, days=1)},
        {"kind": "payment.declined"},
        {"commitment": "0" * 64},
        {"previous": "0" * 64},
        {"hash": "0" * 64},
        {"seq": 9},
    ],
    ids=lambda change: next(iter(change)),
)
def test_one_changed_leaf_is_found(position: int, change: dict[str, Any]) -> None:
    leaves = chain(5)
    leaves[position] = replace(leaves[position], **change)
    with pytest.raises(ValueError, match="broken at leaf"):
        verify_chain(leaves, start=START)


@pytest.mark.parametrize("position", range(4))
def test_a_leaf_taken_out_or_moved_is_found(position: int) -> None:
    taken_out = chain(5)
    del taken_out[position]
    moved = chain(5)
    moved[position], moved[position + 1] = moved[position + 1], moved[position]
    for leaves in (taken_out, moved):
        with pytest.raises(ValueError, match="broken at leaf"):
            verify_chain(leaves, start=START)


def test_anybody_can_compute_the_hash_from_the_protocol() -> None:
    leaf = chain(1)[0]
    first = hashlib.sha256(b"facepay log v1").hexdigest()
    record = (
        f'{{"at":"2026-11-23T12:00:00.000042Z","commitment":"{leaf.commitment}",'
        f'"kind":"payment.approved","previous":"{first}","seq":1}}'
    )
    assert timestamp(leaf.at) == "2026-11-23T12:00:00.000042Z"
    assert leaf.hash == hashlib.sha256(f"facepay leaf v1\n{record}".encode()).hexdigest()


def test_a_commitment_reveals_nothing_without_its_salt() -> None:
    assert commit("one salt", "details") != commit("another salt", "details")
    assert commit("salt", "details") != commit("salt", "detailz")
