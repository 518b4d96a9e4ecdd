"""Consume codes: each TOTP time step and each recovery code counts once.

Matching a code (match_factors.py, match_recovery_code.py) returns one of these values. The use case
consumes it in the transaction of the change that the code was presented for, under the row's lock.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from facepay.domain.customer import FactorState
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import NO_ROW


@dataclass(frozen=True, slots=True)
class FactorMatch:
    """A matched factor; `time_step` is the 30 s step of a one-time code, None for a device key."""

    factor_id: str
    time_step: int | None = None

    def consume(self, uow: UnitOfWork) -> bool:
        """Mark the code as used; return False when it was used, or its factor revoked, meanwhile.

        A device key only returns whether its factor is active. The caller commits.
        """
        factor = uow.second_factors.lock(self.factor_id)
        live = factor is not None and factor.state is FactorState.ACTIVE
        if self.time_step is None:
            return live  # the nonce of a payment or request makes its confirmation count once
        fresh = factor is not None and live and factor.last_time_step < self.time_step
        used = self.factor_id if fresh else NO_ROW
        uow.second_factors.update_all({"last_time_step": self.time_step}, id=used)
        return fresh


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
