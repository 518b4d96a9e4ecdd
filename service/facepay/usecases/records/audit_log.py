"""The audit log: append a leaf in the transaction of its change, and read leaves."""

import secrets
from contextlib import suppress

from facepay.domain.audit import Head, Leaf, Opening, canonical, commit, next_leaf, timestamp
from facepay.domain.checkpoint import HEAD, START
from facepay.domain.errors import AlreadyExists
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.responses import LeafAnswer

PAGE = 500


def append_leaf(
    deps: Dependencies, uow: UnitOfWork, kind: str, **details: str | int | None
) -> Leaf:
    """Append one leaf; it commits to `details` and does not contain them.

    Call it last in a transaction, because it locks the log's head. The caller commits.
    """
    head = _locked_head(uow)
    salt = secrets.token_hex(32)
    opened = canonical(details)
    leaf = next_leaf(head, at=deps.clock(), kind=kind, commitment=commit(salt, opened))
    uow.leaves.add(leaf)
    uow.openings.add(Opening(leaf.seq, salt, opened))
    uow.heads.update(Head(HEAD, leaf.seq, leaf.hash))
    return leaf


def append_setting(deps: Dependencies, uow: UnitOfWork, customer_id: str, setting: str) -> None:
    """Append a leaf whose kind is the same for all settings, so that it shows no duress code."""
    append_leaf(deps, uow, "customer.setting_changed", customer=customer_id, setting=setting)


def _locked_head(uow: UnitOfWork) -> Head:
    head = uow.heads.lock(HEAD)
    if head is None:
        with suppress(AlreadyExists):  # another worker is writing the first leaf
            uow.heads.add(START)
        head = uow.heads.lock(HEAD)
    if head is None:
        raise RuntimeError("the audit log has no head")
    return head


def read_leaves(deps: Dependencies, *, after: int) -> list[LeafAnswer]:
    """Return the leaves after number `after`, at most 500, in order."""
    with deps.unit_of_work() as uow:
        leaves = uow.leaves.find_all(after_seq=after, limit=PAGE)
    return [
        LeafAnswer(
            seq=leaf.seq,
            at=timestamp(leaf.at),
            kind=leaf.kind,
            commitment=leaf.commitment,
            previous=leaf.previous,
            hash=leaf.hash,
        )
        for leaf in leaves
    ]
