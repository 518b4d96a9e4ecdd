"""Whether what was typed is one of the customer's recovery codes that was not used yet."""

from dataclasses import dataclass, replace
from datetime import datetime

from facepay.domain.customer import Customer, FactorKind, FactorState
from facepay.domain.recovery import RecoveryCode, code_id, read_typed
from facepay.ports import UnitOfWork
from facepay.usecases.authentication.attempt_counters import clear_attempts, count_attempt
from facepay.usecases.dependencies import Dependencies

UNKNOWN = "recovery:unknown"


@dataclass(frozen=True, slots=True)
class RecoveryMatch:
    """A code that was right, and when it was shown."""

    code_id: str
    factor_id: str
    at: datetime

    def consume(self, uow: UnitOfWork) -> bool:
        """Use it up. False when it was used, or its set replaced, since it was checked."""
        factor = uow.second_factors.lock(self.factor_id)
        locked_row = uow.recovery_codes.lock(self.code_id)
        if factor is None or factor.state is not FactorState.ACTIVE:
            return False
        if locked_row is None or locked_row.used_at is not None:
            return False
        uow.recovery_codes.update(replace(locked_row, used_at=self.at))
        return True


def match_recovery_code(
    deps: Dependencies, customer: Customer | None, typed: str, at: datetime
) -> RecoveryMatch | None:
    """One count and one verification, whether there is such a code or not."""
    told = read_typed(typed)
    with deps.unit_of_work() as uow:
        code = _find(uow, customer, told.selector)
    counter = f"{code.id}:recovery" if code else UNKNOWN
    open_to_try = count_attempt(deps, counter)
    right = deps.passwords.verify(code.secret_hash if code else None, told.secret)
    if code is None or not open_to_try or not right:
        return None
    clear_attempts(deps, [counter])
    return RecoveryMatch(code.id, code.factor_id, at) if code.live(at) else None


def _find(uow: UnitOfWork, customer: Customer | None, selector: str) -> RecoveryCode | None:
    if customer is None:
        return None
    live = {"kind": FactorKind.RECOVERY_CODES.value, "state": FactorState.ACTIVE.value}
    factor = uow.second_factors.find(customer_id=customer.id, **live)
    return uow.recovery_codes.find(id=code_id(factor.id, selector)) if factor else None
