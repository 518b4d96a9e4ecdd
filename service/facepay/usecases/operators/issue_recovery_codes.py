"""Issue recovery codes to a customer who lost password and second factors, by two operators.

The approving operator gets two codes, once, and passes them to the customer: one for a new
password, one for a new second factor. They replace the codes on paper and expire after 15 minutes.
They are useless without the customer's own device, which signs the requests.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from facepay.domain.errors import InvalidRequest, NotFound
from facepay.domain.event import EventKind
from facepay.domain.operator_action import OperatorAction
from facepay.ports import UnitOfWork
from facepay.usecases.customers.recovery_codes import (
    generate_codes,
    hashed_code,
    new_set,
    replace_set,
)
from facepay.usecases.customers.second_factors import emit_factor
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.operators.action_result import ActionResult

CODES = 2
GOOD_FOR = timedelta(minutes=15)
NAME = "recovery codes from your bank"


def resolve_customer_target(uow: UnitOfWork, target: Mapping[str, Any]) -> dict[str, str]:
    """Return the id of the customer whose alias `target` names.

    Raises InvalidRequest, NotFound.
    """
    if target.keys() != {"customer"}:
        raise InvalidRequest("name a customer, and nothing else", param="target")
    customer = uow.customers.find(alias=target["customer"])
    if customer is None:
        raise NotFound()
    return {"customer": customer.id}


def issue_recovery(deps: Dependencies, uow: UnitOfWork, action: OperatorAction) -> ActionResult:
    """Replace the customer's recovery codes, in the transaction of the approval."""
    customer_id = json.loads(action.target)["customer"]
    uow.customers.lock(customer_id)
    factor, codes = new_set(deps, customer_id, NAME), generate_codes(CODES)
    ends = deps.clock() + GOOD_FOR
    replace_set(uow, factor, [hashed_code(deps, factor, code, ends) for code in codes])
    emit_factor(deps, uow, EventKind.SECOND_FACTOR_ADDED, factor)
    return ActionResult(shown_once=codes)
