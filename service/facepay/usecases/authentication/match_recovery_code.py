"""Match a typed text against a customer's unused recovery codes."""

from dataclasses import dataclass, replace
from datetime import datetime

from facepay.domain.customer import Customer, FactorKind, FactorState
from facepay.domain.recovery import RecoveryCode, code_id, read_typed
from facepay.ports import UnitOfWork
from facepay.usecases.authentication.attempt_counters import clear_attempts, count_attempt
from facepay.usecases.dependencies import Dependencies

UNKNOWN = "recovery:unknown"  # the counter of all attempts that name no code


@dataclass(frozen=True, slots=True)
class RecoveryMatch:
    """A matched code; `at` is when it was presented."""

    code_id: str
    factor_id: str
    at: datetime

    def consume(self, uow: UnitOfWork) -> bool:
        """Mark the code as used; return False when it was used, or its set replaced, meanwhile."""
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
    """Return the match of a typed code, or None.

    One attempt is counted and one hash verified, whether such a code exists or not.
    """
    presented = read_typed(typed)
    with deps.unit_of_work() as uow:
        code = _find(uow, customer, presented.selector)
    counter = f"{code.id}:recovery" if code else UNKNOWN
    open_to_try = count_attempt(deps, counter)
    right = deps.passwords.verify(code.secret_hash if code else None, presented.secret)
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
