"""Deletion receipts, verified against the log, and what the verification must refuse."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from facepay_client import Leaf, VerificationFailed, leaf_hash, verify_deletion_receipt
from tests.support.signing_keys import ISSUER, NOW, SigningKeys, new_key, signed_by

KEYS = SigningKeys()
TYP = "facepay-deletion-receipt+jwt"
MINE = "enr_mine"
SALT = "5a" * 32


COUNTS: dict[str, dict[str, object]] = {
    "face.revoked": {
        "cause": "customer",
        "sealed_references": 1,
        "captures": 2,
        "payment_intents": 3,
    },
    "face.key_destroyed": {"keys": 1},
}


def details(kind: str, enrolment: str, counts: dict[str, dict[str, object]] = COUNTS) -> str:
    return json.dumps({"enrolment": enrolment, **counts.get(kind, {})}, separators=(",", ":"))


def commitment(text: str) -> str:
    return hashlib.sha256(f"facepay commitment v1\n{SALT}\n{text}".encode()).hexdigest()


def chain(*ends: tuple[str, str], counts: dict[str, dict[str, object]] = COUNTS) -> list[Leaf]:
    """Return a log with one leaf for each (kind, enrolment)."""
    leaves: list[Leaf] = []
    for seq, (kind, enrolment) in enumerate(ends, start=1):
        previous = leaves[-1].hash if leaves else "the beginning"
        committed = commitment(details(kind, enrolment, counts))
        bare = Leaf(seq, "2026-11-23T10:00:00.000000Z", kind, committed, previous, "")
        leaves.append(replace(bare, hash=leaf_hash(bare)))
    return leaves


ENDS = (
    ("face.enrolled", MINE),
    ("face.revoked", MINE),
    ("face.revoked", "enr_other"),
    ("face.key_destroyed", MINE),
    ("face.key_destroyed", "enr_other"),
)
LOG = chain(*ENDS)
# What earlier versions committed to.
OLD_LOG = chain(*ENDS, counts={})


def named(leaf: Leaf, enrolment: str = MINE, **other: Any) -> dict[str, Any]:
    opening = {"salt": SALT, "details": details(leaf.kind, enrolment)}
    return {"seq": leaf.seq, "kind": leaf.kind, "hash": leaf.hash, "opening": opening, **other}


def claims(**other: Any) -> dict[str, Any]:
    genuine = {
        "iss": ISSUER,
        "iat": NOW,
        "enrolment": MINE,
        "cause": "customer",
        "revoked_at": "2026-11-23T10:00:00Z",
        "key_destroyed_at": "2026-11-23T10:00:00Z",
        "destroyed": {"database": {"sealed_references": 1}, "vault": {"keys": 1}},
        "stopped": {"captures": 2, "payment_intents": 3},
        "leaves": [named(LOG[1]), named(LOG[3])],
    }
    return genuine | other


def verify(token: str, leaves: list[Leaf] = LOG) -> Any:
    return verify_deletion_receipt(
        token, KEYS.jwks(), leaves, expected_enrolment=MINE, expected_issuer=ISSUER
    )


def test_a_genuine_receipt_verifies() -> None:
    verified = verify(signed_by(KEYS.root, claims(), TYP))
    assert (verified.sealed_references_erased, verified.keys_destroyed) == (1, 1)
    assert (verified.captures_cancelled, verified.payment_intents_stopped) == (2, 3)
    assert verified.leaves == (LOG[1], LOG[3])


@pytest.mark.parametrize(
    "other",
    [
        {"iss": "https://other.example"},
        {"enrolment": "enr_other"},
        {"leaves": []},
        {"leaves": None},
        {"leaves": ["x", "y"]},
        {"leaves": [named(LOG[1])]},
        {"leaves": [named(LOG[3]), named(LOG[1])]},
        {"leaves": [named(LOG[0]), named(LOG[3])]},
        {"leaves": [named(LOG[2], "enr_other"), named(LOG[3])]},
        {"leaves": [named(LOG[2]), named(LOG[3])]},
        {"leaves": [named(LOG[1], seq=99), named(LOG[3])]},
        {"leaves": [named(LOG[1], seq=0), named(LOG[3])]},
        {"leaves": [named(LOG[1], seq="2"), named(LOG[3])]},
        {"leaves": [named(LOG[1], hash="0" * 64), named(LOG[3])]},
        {"leaves": [named(LOG[1], opening=None), named(LOG[3])]},
        {"cause": "operator"},
        {"destroyed": {"database": {"sealed_references": 0}, "vault": {"keys": 1}}},
        {"destroyed": {"database": {"sealed_references": 1}, "vault": {"keys": 2}}},
        {"stopped": {"captures": 0, "payment_intents": 3}},
        {"stopped": {"captures": 2, "payment_intents": 0}},
        {"destroyed": {"database": {"sealed_references": 1}}},
        {"destroyed": {"database": {"sealed_references": "1"}, "vault": {"keys": 1}}},
        {"stopped": None},
        {"cause": None},
    ],
    ids=str,
)
def test_a_receipt_that_does_not_fit_its_log_is_refused(other: dict[str, Any]) -> None:
    with pytest.raises(VerificationFailed):
        verify(signed_by(KEYS.root, claims(**other), TYP))


def test_a_receipt_over_leaves_of_an_earlier_version_still_verifies() -> None:
    named_leaves = [
        {**named(leaf), "opening": {"salt": SALT, "details": details(leaf.kind, MINE, {})}}
        for leaf in (OLD_LOG[1], OLD_LOG[3])
    ]
    token = signed_by(KEYS.root, claims(leaves=named_leaves), TYP)
    assert verify(token, OLD_LOG).keys_destroyed == 1


def test_a_receipt_is_signed_by_the_root_and_says_that_it_is_one() -> None:
    for token in (
        signed_by(KEYS.node, claims(), TYP),
        signed_by(new_key(), claims(), TYP),
        signed_by(KEYS.root, claims(), "facepay-checkpoint+jwt"),
        "not a token",
    ):
        with pytest.raises(VerificationFailed):
            verify(token)


def test_a_log_that_lost_a_leaf_or_changed_one_does_not_bear_the_receipt_out() -> None:
    token = signed_by(KEYS.root, claims(), TYP)
    changed = [*LOG[:1], replace(LOG[1], kind="face.locked"), *LOG[2:]]
    for leaves in (LOG[:3], LOG[1:], changed, []):
        with pytest.raises(VerificationFailed):
            verify(token, leaves)
