"""Add and withdraw client keys inside a transaction, with event and leaf.

A withdrawn key is refused from the commit on, by every worker: each request reads its row, and each
change reads it again in its own commit (`authentication/live_callers.py`). What the key had begun
ends with it: nobody else can go on with its captures, and no payment that it opened is approved.

A withdrawal is for good. A key withdrawn by mistake is replaced by a new one.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from facepay.domain.customer import Client, PublicKey, Role
from facepay.domain.event import EventKind
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.records.outbox import emit
from facepay.usecases.request import Caller


def keys_in_force(uow: UnitOfWork, subject_id: str) -> list[Client]:
    """Return the keys of a party that are not withdrawn, the oldest first."""
    found = uow.clients.find_all(subject_id=subject_id, revoked_at=None)
    return sorted(found, key=lambda each: (each.created_at, each.id))


def withdraw_keys(deps: Dependencies, uow: UnitOfWork, keyids: Iterable[str]) -> list[Client]:
    """Withdraw keys under their row locks, and return those that were in force until now.

    Pass the result to `append_withdrawals` before the commit.
    """
    withdrawn = []
    for keyid in sorted(keyids):
        client = uow.clients.lock(keyid)
        if client is None or client.revoked_at is not None:
            continue
        client = replace(client, revoked_at=deps.clock())
        uow.clients.update(client)
        _emit(deps, uow, EventKind.CLIENT_KEY_WITHDRAWN, client)
        withdrawn.append(client)
    return withdrawn


def withdraw_all_keys(deps: Dependencies, uow: UnitOfWork, subject_id: str) -> list[Client]:
    """Withdraw every key of a party, as `withdraw_keys` does.

    The caller holds the lock of the party's row, as does everybody who adds a key, so that none is
    added unseen.
    """
    return withdraw_keys(deps, uow, [each.id for each in keys_in_force(uow, subject_id)])


def add_key(
    deps: Dependencies,
    uow: UnitOfWork,
    role: Role,
    subject_id: str,
    key: PublicKey,
    name: str | None = None,
) -> Client:
    """Add a key to a party that is registered already; pass it to `append_key_leaf`.

    Raises AlreadyExists for a key that is or was registered: a withdrawn key never comes back.
    """
    client = Client(key.thumbprint, role, subject_id, key.pem, deps.clock(), None, name)
    uow.clients.add(client)
    _emit(deps, uow, EventKind.CLIENT_KEY_ADDED, client)
    return client


def append_withdrawals(
    deps: Dependencies, uow: UnitOfWork, withdrawn: Iterable[Client], by: Caller
) -> None:
    """Append a leaf for each withdrawn key; call it last, as it locks the log's head."""
    for client in withdrawn:
        append_key_leaf(deps, uow, EventKind.CLIENT_KEY_WITHDRAWN, client, by)


def append_key_leaf(
    deps: Dependencies, uow: UnitOfWork, kind: EventKind, client: Client, by: Caller
) -> None:
    append_leaf(deps, uow, kind, **details_of(client), by=by.subject_id)


def details_of(client: Client) -> dict[str, Any]:
    """Return what the event and the leaf of a change say of the key."""
    return {"keyid": client.id, "role": client.role, "subject": client.subject_id}


def _emit(deps: Dependencies, uow: UnitOfWork, kind: EventKind, client: Client) -> None:
    emit(deps, uow, kind, **details_of(client))
