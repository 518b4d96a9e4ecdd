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


def details(enrolment: str) -> str:
    return json.dumps({"enrolment": enrolment}, separators=(",", ":"))


def commitment(enrolment: str) -> str:
    return hashlib.sha256(
        f"facepay commitment v1\n{SALT}\n{details(enrolment)}".encode()
    ).hexdigest()


def chain(*ends: tuple[str, str]) -> list[Leaf]:
    """Return a log with one leaf for each (kind, enrolment)."""
    leaves: list[Leaf] = []
    for seq, (kind, enrolment) in enumerate(ends, start=1):
        previous = leaves[-1].hash if leaves else "the beginning"
        bare = Leaf(seq, "2026-11-23T10:00:00.000000Z", kind, commitment(enrolment), previous, "")
        leaves.append(replace(bare, hash=leaf_hash(bare)))
    return leaves


LOG = chain(
    ("face.enrolled", MINE),
    ("face.revoked", MINE),
    ("face.revoked", "enr_other"),
    ("face.key_destroyed", MINE),
    ("face.key_destroyed", "enr_other"),
)


def named(leaf: Leaf, enrolment: str = MINE, **other: Any) -> dict[str, Any]:
    opening = {"salt": SALT, "details": details(enrolment)}
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
