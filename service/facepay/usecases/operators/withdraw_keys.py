"""Two operators withdraw client keys of any role, or give a merchant a new key.

A merchant whose key was stolen cannot replace it by itself: the thief holds it too. Operators never
give a customer a key: with the codes that they can issue, that would be the customer's account.
"""

import json
from collections.abc import Mapping
from typing import Any

from facepay.domain.customer import Client, PublicKey, Role
from facepay.domain.errors import AlreadyExists, InvalidRequest, NotFound
from facepay.domain.event import EventKind
from facepay.domain.operator_action import OperatorAction
from facepay.ports import Repository, UnitOfWork
from facepay.usecases.clients.withdraw_keys import (
    add_key,
    details_of,
    withdraw_all_keys,
    withdraw_keys,
)
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.operators.action_result import ActionResult, PendingLeaf


def resolve_key_target(uow: UnitOfWork, target: Mapping[str, Any]) -> dict[str, str]:
    """Return the key, or the id of the terminal, merchant or customer with all of its keys.

    Raises InvalidRequest, NotFound.
    """
    if len(target) != 1 or not target.keys() <= {"key", "terminal", "merchant", "customer"}:
        raise InvalidRequest(
            "name a key, a terminal, a merchant or a customer, and nothing else", param="target"
        )
    [(name, value)] = target.items()
    rows: dict[str, Any] = {
        "key": lambda: uow.clients.find(id=value),
        "terminal": lambda: uow.terminals.find(id=value),
        "merchant": lambda: uow.merchants.find(id=value),
        "customer": lambda: uow.customers.find(alias=value),
    }
    found = rows[name]()
    if found is None:
        raise NotFound()
    return {name: found.id}


def resolve_replacement(uow: UnitOfWork, target: Mapping[str, Any]) -> dict[str, str]:
    """Return the id of the merchant that `target` names, and its new key.

    Raises InvalidRequest, NotFound, AlreadyExists.
    """
    if target.keys() != {"merchant", "public_key"}:
        raise InvalidRequest("name a merchant and its new public_key", param="target")
    key: PublicKey = target["public_key"]
    if uow.merchants.find(id=target["merchant"]) is None:
        raise NotFound()
    if uow.clients.find(id=key.thumbprint) is not None:
        raise AlreadyExists()
    return {"merchant": target["merchant"], "key": key.thumbprint, "public_key_pem": key.pem}


def withdraw_by_two(deps: Dependencies, uow: UnitOfWork, action: OperatorAction) -> ActionResult:
    """Withdraw the target's keys that are in force, in the transaction of the approval."""
    [(name, value)] = json.loads(action.target).items()
    if name == "key":
        return _result_of(withdraw_keys(deps, uow, [value]))
    parties: dict[str, Repository[Any]] = {
        "terminal": uow.terminals,
        "merchant": uow.merchants,
        "customer": uow.customers,
    }
    parties[name].lock(value)
    return _result_of(withdraw_all_keys(deps, uow, value))


def replace_by_two(deps: Dependencies, uow: UnitOfWork, action: OperatorAction) -> ActionResult:
    """Give a merchant a new key, and withdraw its others, in the transaction of the approval.

    Raises AlreadyExists when the key was registered meanwhile.
    """
    target = json.loads(action.target)
    merchant_id = target["merchant"]
    uow.merchants.lock(merchant_id)
    result = _result_of(withdraw_all_keys(deps, uow, merchant_id))
    key = PublicKey(target["key"], target["public_key_pem"])
    added = add_key(deps, uow, Role.MERCHANT, merchant_id, key)
    result.leaves.append(PendingLeaf(EventKind.CLIENT_KEY_ADDED, details_of(added)))
    return result


def _result_of(withdrawn: list[Client]) -> ActionResult:
    kind = EventKind.CLIENT_KEY_WITHDRAWN
    leaves = [PendingLeaf(kind, details_of(each)) for each in withdrawn]
    return ActionResult(leaves=leaves, withdrawn=frozenset(each.id for each in withdrawn))
