"""Verify a deletion receipt offline: its signature, and that the public audit log agrees.

`leaves` is the log from its first leaf on. Verify that log with `verify_log` first.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from facepay_client.answers import Leaf
from facepay_client.errors import VerificationFailed
from facepay_client.trust import integer_in, text_in, verify_by_root
from facepay_client.verify import leaf_hash

RECEIPT_TYP = "facepay-deletion-receipt+jwt"
COMMITMENT_PREFIX = "facepay commitment v1\n"
LEAF_KINDS = (
    frozenset({"face.revoked", "enrolment.lapsed"}),
    frozenset({"face.key_destroyed"}),
)


@dataclass(frozen=True)
class DeletionReceipt:
    """A verified deletion receipt: what was destroyed and stopped, and the leaves that record it.

    `cause` is customer, operator, cohort, consent_withdrawn, consent_expired or lapsed. Times are
    RFC 3339.
    """

    enrolment: str
    cause: str
    revoked_at: str
    key_destroyed_at: str
    sealed_references_erased: int
    keys_destroyed: int
    captures_cancelled: int
    payment_intents_stopped: int
    leaves: tuple[Leaf, ...]


def verify_deletion_receipt(
    token: str,
    jwks: Mapping[str, Any],
    leaves: Sequence[Leaf],
    *,
    expected_enrolment: str,
    expected_issuer: str | None = None,
    expected_root_thumbprints: Collection[str] | None = None,
) -> DeletionReceipt:
    """Verify a deletion receipt against the published keys and the audit log.

    The log must hold the two leaves that the receipt names, and they must commit to the end of this
    enrolment.

    Raises VerificationFailed, which names the check that failed.
    """
    # 1 the signature, by a root key, and the enrolment
    claims = verify_by_root(
        token, jwks, RECEIPT_TYP, expected_root_thumbprints=expected_root_thumbprints
    )
    if claims.get("enrolment") != expected_enrolment:
        raise VerificationFailed("`enrolment` is not the expected one")
    if expected_issuer is not None and claims.get("iss") != expected_issuer:
        raise VerificationFailed("`iss` is not the expected one")
    # 2 the counts
    destroyed, stopped = _mapping_in(claims, "destroyed"), _mapping_in(claims, "stopped")
    database, vault = _mapping_in(destroyed, "database"), _mapping_in(destroyed, "vault")
    receipt = DeletionReceipt(
        enrolment=expected_enrolment,
        cause=text_in(claims, "cause"),
        revoked_at=text_in(claims, "revoked_at"),
        key_destroyed_at=text_in(claims, "key_destroyed_at"),
        sealed_references_erased=integer_in(database, "sealed_references"),
        keys_destroyed=integer_in(vault, "keys"),
        captures_cancelled=integer_in(stopped, "captures"),
        payment_intents_stopped=integer_in(stopped, "payment_intents"),
        leaves=(),
    )
    # 3 the leaves of the log, which commit to these counts
    named = claims.get("leaves")
    if not isinstance(named, list) or len(named) != len(LEAF_KINDS):
        raise VerificationFailed("`leaves` does not name the two leaves of a deletion")
    parts = zip(named, LEAF_KINDS, _committed(receipt), strict=True)
    found = tuple(_verify_leaf(leaf, leaves, kinds, details) for leaf, kinds, details in parts)
    return replace(receipt, leaves=found)


def _committed(receipt: DeletionReceipt) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """Return what each of the two leaves commits to."""
    revoked = {
        "enrolment": receipt.enrolment,
        "cause": receipt.cause,
        "sealed_references": receipt.sealed_references_erased,
        "captures": receipt.captures_cancelled,
        "payment_intents": receipt.payment_intents_stopped,
    }
    return revoked, {"enrolment": receipt.enrolment, "keys": receipt.keys_destroyed}


def _verify_leaf(
    named: object, leaves: Sequence[Leaf], kinds: frozenset[str], expected: Mapping[str, object]
) -> Leaf:
    """Return the log's leaf that `named` names, if its kind is in `kinds` and it fits."""
    if not isinstance(named, dict):
        raise VerificationFailed("`leaves` does not name the two leaves of a deletion")
    seq = integer_in(named, "seq")
    if not 1 <= seq <= len(leaves):
        raise VerificationFailed(f"the log has no leaf {seq}")
    leaf = leaves[seq - 1]
    if leaf.seq != seq or leaf.hash != named.get("hash") or leaf.hash != leaf_hash(leaf):
        raise VerificationFailed(f"leaf {seq} of the log is not the named one")
    if leaf.kind not in kinds or leaf.kind != named.get("kind"):
        raise VerificationFailed(f"leaf {seq} has another kind")
    opening = _mapping_in(named, "opening")
    salt, details = text_in(opening, "salt"), text_in(opening, "details")
    committed = f"{COMMITMENT_PREFIX}{salt}\n{details}".encode()
    if hashlib.sha256(committed).hexdigest() != leaf.commitment:
        raise VerificationFailed(f"leaf {seq} does not commit to the details of the receipt")
    told = _parsed(details)
    if told.get("enrolment") != expected["enrolment"]:
        raise VerificationFailed(f"leaf {seq} is about another enrolment")
    # Leaves of earlier versions commit to the enrolment alone.
    if any(expected.get(name) != value for name, value in told.items()):
        raise VerificationFailed(f"leaf {seq} commits to other counts")
    return leaf


def _parsed(details: str) -> Mapping[str, Any]:
    try:
        found = json.loads(details)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise VerificationFailed("the details of a leaf are no JSON object")
    return found


def _mapping_in(claims: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = claims.get(name)
    if not isinstance(value, dict):
        raise VerificationFailed(f"`{name}` is missing")
    return value
