"""Suspend a terminal or a merchant: one operator for an hour at most, two until two resume it.

A suspension counts from its commit on, on every worker, for every request of the terminal, or of
the merchant and all of its terminals. Payments that they opened are not approved meanwhile.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from facepay.domain.customer import Merchant, Terminal
from facepay.domain.errors import InvalidRequest, NotFound
from facepay.domain.event import EventKind
from facepay.domain.operator_action import OperatorAction
from facepay.domain.standing import resumed, suspended_by_one, suspended_by_two
from facepay.ports import Repository, UnitOfWork
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.operators.action_result import ActionResult, PendingLeaf
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.records.outbox import emit
from facepay.usecases.request import Command
from facepay.usecases.responses import SuspensionAnswer, rfc3339


def suspend_alone(
    deps: Dependencies, command: Command, party_id: str, lasting: timedelta
) -> SuspensionAnswer:
    """Suspend a terminal or a merchant by its id, for `lasting`, an hour at most.

    Raises NotFound; WrongState while it is suspended, and within a day of the last suspension: one
    operator alone cannot suspend anybody for longer.
    """

    def act(lease: Lease) -> SuspensionAnswer:
        with deps.unit_of_work() as uow:
            rows = _rows(uow, party_id)
            party = suspended_by_one(_locked(rows, party_id), deps.clock(), lasting)
            rows.update(party)
            answer = SuspensionAnswer(
                id=party_id,
                suspended_at=_shown(party.suspended_at),
                suspended_until=_shown(party.suspended_until),
            )
            lease.answer(uow, answer)
            leaf = _record(deps, uow, EventKind.CLIENT_SUSPENDED, party)
            append_leaf(deps, uow, leaf.kind, **leaf.details, by=command.caller.subject_id)
            uow.commit()
        return answer

    return run_idempotent(deps, command, SuspensionAnswer, act)


def resolve_party_target(uow: UnitOfWork, target: Mapping[str, Any]) -> dict[str, str]:
    """Return the id of the terminal or merchant that `target` names.

    Raises InvalidRequest, NotFound.
    """
    if len(target) != 1 or not target.keys() <= {"merchant", "terminal"}:
        raise InvalidRequest("name a merchant or a terminal, and nothing else", param="target")
    [(name, party_id)] = target.items()
    if _rows(uow, party_id).find(id=party_id) is None:
        raise NotFound()
    return {name: party_id}


def suspend_by_two(deps: Dependencies, uow: UnitOfWork, action: OperatorAction) -> ActionResult:
    """Suspend the target until two operators resume it, in the transaction of the approval."""
    rows, party = _target(uow, action)
    suspended = suspended_by_two(party, deps.clock())
    rows.update(suspended)
    return ActionResult(leaves=[_record(deps, uow, EventKind.CLIENT_SUSPENDED, suspended)])


def resume(deps: Dependencies, uow: UnitOfWork, action: OperatorAction) -> ActionResult:
    """Resume the target, in the transaction of the approval. Raises WrongState."""
    rows, party = _target(uow, action)
    again = resumed(party, deps.clock())
    rows.update(again)
    return ActionResult(leaves=[_record(deps, uow, EventKind.CLIENT_RESUMED, again)])


def _target(uow: UnitOfWork, action: OperatorAction) -> tuple[Repository[Any], Any]:
    [party_id] = json.loads(action.target).values()
    rows = _rows(uow, party_id)
    return rows, _locked(rows, party_id)


def _rows(uow: UnitOfWork, party_id: str) -> Repository[Any]:
    return uow.merchants if party_id.startswith("mer_") else uow.terminals


def _locked(rows: Repository[Any], party_id: str) -> Any:
    party = rows.lock(party_id)
    if party is None:
        raise NotFound()
    return party


def _record(
    deps: Dependencies, uow: UnitOfWork, kind: EventKind, party: Merchant | Terminal
) -> PendingLeaf:
    """Emit the event of a suspension or its end, and return its leaf."""
    until = rfc3339(party.suspended_until) if party.suspended_until else None
    emit(deps, uow, kind, subject=party.id, until=until)
    return PendingLeaf(kind, {"subject": party.id, "until": until})


def _shown(moment: datetime | None) -> str:
    return rfc3339(moment) if moment else ""
