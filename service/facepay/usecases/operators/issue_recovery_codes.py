"""Codes for a customer who lost password and second factors, by two operators.

They go to whoever approved, once, who tells them to the customer: one for the password, one for a
new authenticator. They take the place of what was on paper, run out after 15 minutes, and are of
no use without the device of the customer, which signs.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from facepay.domain.errors import InvalidRequest, NotFound
from facepay.domain.event import EventKind
from facepay.domain.operator_action import OperatorAction
from facepay.ports import UnitOfWork
from facepay.usecases.customers.recovery_codes import fresh_codes, kept_code, new_set, replace_set
from facepay.usecases.customers.second_factors import emit_factor
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.operators.action_result import ActionResult

CODES = 2
GOOD_FOR = timedelta(minutes=15)
NAME = "recovery codes from your bank"


def aim_at_customer(uow: UnitOfWork, asked: Mapping[str, Any]) -> dict[str, str]:
    """`asked` names a customer by alias. Raises InvalidRequest, NotFound."""
    if asked.keys() != {"customer"}:
        raise InvalidRequest("name a customer, and nothing else", param="target")
    customer = uow.customers.find(alias=asked["customer"])
    if customer is None:
        raise NotFound()
    return {"customer": customer.id}


def issue_recovery(deps: Dependencies, uow: UnitOfWork, action: OperatorAction) -> ActionResult:
    """In the transaction of the approval: what is told exists if and only if it was committed."""
    customer_id = json.loads(action.target)["customer"]
    uow.customers.lock(customer_id)
    factor, codes = new_set(deps, customer_id, NAME), fresh_codes(CODES)
    ends = deps.clock() + GOOD_FOR
    replace_set(uow, factor, [kept_code(deps, factor, code, ends) for code in codes])
    emit_factor(deps, uow, EventKind.SECOND_FACTOR_ADDED, factor)
    return ActionResult(told_once=codes)
