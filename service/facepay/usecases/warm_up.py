"""What the first payer after a start would otherwise wait for: models, statements, a login.

Nothing here is needed for an answer to be right, and nothing that is away now ends the start: a
service without models still takes passwords, and a vault may come later.
"""

import logging
from typing import Any

from facepay.domain.errors import FaceUnavailable, StorageUnavailable, VaultUnavailable
from facepay.domain.event import EventKind
from facepay.ports import Repository
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.records.activity import uses_before
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.records.outbox import emit

log = logging.getLogger(__name__)

_NOBODY = "none"  # an id that no row has


def prepare(deps: Dependencies) -> None:
    """Load and open everything that a payment uses. What is away is told to the operator's log."""
    for name, act in (
        ("faces cannot be compared", deps.engine.prepare),
        ("the database", lambda: _read_once(deps)),
        ("nothing can be signed", deps.signer.prepare),
    ):
        try:
            act()
        except (FaceUnavailable, StorageUnavailable, VaultUnavailable) as error:
            log.error("%s: %s", name, error.detail)


def _read_once(deps: Dependencies) -> None:
    """Every kind of row that a payment reads, locks or writes, so that its statement is compiled.

    Nothing is committed: what is written here was never there.
    """
    with deps.unit_of_work() as uow:
        read: list[Repository[Any]] = [uow.clients, uow.terminals, uow.customers, uow.consents]
        read += [uow.second_factors, uow.attempts, uow.enrolments, uow.captures, uow.intents]
        read += [uow.authorizations, uow.idempotency]
        for repository in read:
            repository.find(id=_NOBODY)
            repository.lock(_NOBODY)
        uses_before(uow, _NOBODY)
        emit(deps, uow, EventKind.FACE_USED)
        append_leaf(deps, uow, "worker.prepared")
