"""Verify offline what the service signs: authorizations and the audit log.

This module follows sdk_spec/protocol.md, shares no code with the service, and trusts only published
keys (see `trust.py`). Each `verify_*` function returns a small frozen type or raises
VerificationFailed. Callers must accept each authorization `id` once, and keep the last checkpoint,
which `kept_checkpoint.py` does in a file.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from facepay_client.answers import Leaf
from facepay_client.errors import LogNotExtended, UnreadableAnswer, VerificationFailed
from facepay_client.published import Published
from facepay_client.trust import LEEWAY, integer_in, text_in, verify_by_node, verify_by_root

AUTHORIZATION_TYP = "facepay-authorization+jwt"
CHECKPOINT_TYP = "facepay-checkpoint+jwt"
GENESIS = hashlib.sha256(b"facepay log v1").hexdigest()
LEAF_PREFIX = "facepay leaf v1\n"


@dataclass(frozen=True)
class Authorization:
    """A verified authorization. `id` is its `jti`: accept each `id` once. Times are Unix time."""

    id: str
    payment_intent: str
    merchant: str
    terminal: str
    amount_minor: int
    currency: str
    order_ref: str
    issued_at: int
    expires_at: int
    policy_version: str


@dataclass(frozen=True)
class VerifiedLog:
    """A verified log: `size` leaves are signed, and the last of them has the hash `hash`.

    `checkpoint` is the signed token that says so.
    """

    size: int
    hash: str
    issued_at: int
    checkpoint: str


@dataclass(frozen=True)
class FetchedLog:
    """A log as it was read; not verified yet."""

    leaves: tuple[Leaf, ...]
    checkpoint: str


def verify_authorization(
    token: str,
    *,
    jwks: Mapping[str, Any],
    expected_issuer: str,
    expected_merchant: str,
    expected_amount_minor: int,
    expected_currency: str,
    expected_order_ref: str,
    now: float,
    expected_root_thumbprints: Collection[str] | None = None,
) -> Authorization:
    """Verify an authorization against the published keys and your own payment.

    `jwks` is the JWK Set of `Published.jwks`. `now` is Unix time in seconds.

    Raises VerificationFailed, which names the check that failed.
    """
    # 1 the signature, by a node key that a root certified, and the type of the token
    claims = verify_by_node(
        token,
        jwks,
        AUTHORIZATION_TYP,
        expected_issuer=expected_issuer,
        expected_root_thumbprints=expected_root_thumbprints,
    )
    # 2 issuer, audience and payment
    expected: dict[str, str | int] = {
        "iss": expected_issuer,
        "aud": expected_merchant,
        "merchant": expected_merchant,
        "amount_minor": expected_amount_minor,
        "currency": expected_currency,
        "order_ref": expected_order_ref,
    }
    _verify_equal(claims, expected)
    # 3 time
    _verify_time(claims, now)
    return _read_authorization(claims)


def fetch_log(published: Published) -> FetchedLog:
    """Read the whole audit log: its checkpoint and every leaf, page by page.

    It reads the checkpoint first, so that leaves written meanwhile lie behind it.

    Raises UnreadableAnswer when a page does not begin where the one before ended; Problem,
    Unreachable.
    """
    checkpoint = published.checkpoint()
    leaves: list[Leaf] = []
    while page := published.leaves(after=len(leaves)):
        if page[0].seq != len(leaves) + 1:
            raise UnreadableAnswer("A page of the log does not begin where the one before ended.")
        leaves += page
    return FetchedLog(tuple(leaves), checkpoint)


def verify_log(
    leaves: Sequence[Leaf],
    checkpoint: str,
    jwks: Mapping[str, Any],
    *,
    expected_issuer: str | None = None,
    expected_root_thumbprints: Collection[str] | None = None,
    last_seen: VerifiedLog | None = None,
) -> VerifiedLog:
    """Recompute every hash from the first leaf on, and compare with the signed checkpoint.

    The chain of the leaves behind the checkpoint is checked too, though nothing signs them yet.
    The log must extend `last_seen`, the result of the last call.

    Raises VerificationFailed, which names the first leaf that does not fit; LogNotExtended.
    """
    claims = verify_by_root(
        checkpoint, jwks, CHECKPOINT_TYP, expected_root_thumbprints=expected_root_thumbprints
    )
    if expected_issuer is not None and claims.get("iss") != expected_issuer:
        raise VerificationFailed("`iss` is not the expected one")
    size, signed = integer_in(claims, "size"), text_in(claims, "hash")
    if not 0 <= size <= len(leaves):
        raise VerificationFailed("the log is shorter than its checkpoint says")
    ends = [GENESIS]
    for number, leaf in enumerate(leaves, start=1):
        if leaf.seq != number or leaf.previous != ends[-1] or leaf.hash != leaf_hash(leaf):
            raise VerificationFailed(f"the log is broken at leaf {number}")
        ends.append(leaf.hash)
    if ends[size] != signed:
        raise VerificationFailed("the log does not end as its checkpoint says")
    if last_seen is not None and (size < last_seen.size or ends[last_seen.size] != last_seen.hash):
        raise LogNotExtended(last_seen.checkpoint, checkpoint)
    return VerifiedLog(size, signed, integer_in(claims, "iat"), checkpoint)


def leaf_hash(leaf: Leaf) -> str:
    """Compute the hash of a leaf: SHA-256 over a prefix and the canonical JSON of the rest."""
    record = {
        "at": leaf.at,
        "commitment": leaf.commitment,
        "kind": leaf.kind,
        "previous": leaf.previous,
        "seq": leaf.seq,
    }
    canonical = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256((LEAF_PREFIX + canonical).encode()).hexdigest()


def _verify_equal(claims: Mapping[str, Any], expected: Mapping[str, str | int]) -> None:
    for name, value in expected.items():
        # Compare the type too: in Python, JSON's 1.0 and true equal the integer 1.
        if type(claims.get(name)) is not type(value) or claims[name] != value:
            raise VerificationFailed(f"`{name}` is not the expected one")


def _verify_time(claims: Mapping[str, Any], now: float) -> None:
    issued_at, expires_at = integer_in(claims, "iat"), integer_in(claims, "exp")
    if now >= expires_at:
        raise VerificationFailed("the authorization has expired")
    if issued_at > now + LEEWAY:  # the issuer's clock may be ahead of ours
        raise VerificationFailed("the authorization was issued in the future")


def _read_authorization(claims: Mapping[str, Any]) -> Authorization:
    """Read the claims. Raises VerificationFailed for a missing one."""
    return Authorization(
        id=text_in(claims, "jti"),
        payment_intent=text_in(claims, "payment_intent"),
        merchant=text_in(claims, "merchant"),
        terminal=text_in(claims, "terminal"),
        amount_minor=integer_in(claims, "amount_minor"),
        currency=text_in(claims, "currency"),
        order_ref=text_in(claims, "order_ref"),
        issued_at=integer_in(claims, "iat"),
        expires_at=integer_in(claims, "exp"),
        policy_version=text_in(claims, "policy_version"),
    )
