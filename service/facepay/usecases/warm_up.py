"""Warm up a worker, so that the first payer does not wait: models, statements, a signing key.

No answer depends on it, and a failed dependency does not stop the start. A service without models
still accepts passwords, and the vault can become available later.
"""

import logging
from typing import Any

from facepay.domain.errors import FaceUnavailable, StorageUnavailable, VaultUnavailable
from facepay.domain.event import EventKind
from facepay.ports import Repository
from facepay.usecases.dependencies import NO_ROW, Dependencies
from facepay.usecases.records.activity import uses_before
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.records.outbox import emit

log = logging.getLogger(__name__)


def prepare(deps: Dependencies) -> None:
    """Load and open everything that a payment uses; log dependencies that fail."""
    for name, act in (
        ("faces cannot be compared", deps.engine.prepare),
        ("the database", lambda: _use_each_table_once(deps)),
        ("nothing can be signed", deps.signer.prepare),
    ):
        try:
            act()
        except (FaceUnavailable, StorageUnavailable, VaultUnavailable) as error:
            log.error("%s: %s", name, error.detail)


def _use_each_table_once(deps: Dependencies) -> None:
    """Read, lock or write each kind of row of a payment, so that its statements are compiled.

    Nothing is committed, so that no row remains.
    """
    with deps.unit_of_work() as uow:
        read: list[Repository[Any]] = [uow.clients, uow.terminals, uow.customers, uow.consents]
        read += [uow.second_factors, uow.attempts, uow.enrolments, uow.captures, uow.intents]
        read += [uow.authorizations, uow.idempotency]
        for repository in read:
            repository.find(id=NO_ROW)
            repository.lock(NO_ROW)
        uses_before(uow, NO_ROW)
        emit(deps, uow, EventKind.FACE_USED)
        append_leaf(deps, uow, "worker.prepared")
