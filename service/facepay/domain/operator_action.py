"""What one operator may not do alone: asked for by one, approved by another, used once.

    asked ──▶ approved ──▶ done          an hour after it was asked for it can not be approved

"Another" is another person with another key. What is approved is carried out with the approval, or,
where it is about many faces, in batches afterwards.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from facepay.domain.errors import SecondOperatorNeeded, WrongState

OPEN_FOR = timedelta(hours=1)


class ActionKind(StrEnum):
    REVOKE_FACE = "revoke_face"
    REVOKE_COHORT = "revoke_cohort"
    CLEAR_DURESS = "clear_duress"
    ISSUE_RECOVERY = "issue_recovery"


class ActionState(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    DONE = "done"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class OperatorAction:
    """`target` is canonical JSON, of a shape that its kind knows; `total` how many faces there were
    to revoke when it was approved.
    """

    id: str
    kind: ActionKind
    state: ActionState
    target: str
    requested_by: str
    requested_key: str
    requested_at: datetime
    expires_at: datetime
    approved_by: str | None
    approved_key: str | None
    approved_at: datetime | None
    done_at: datetime | None
    total: int

    def state_at(self, now: datetime) -> ActionState:
        over = self.state is ActionState.REQUESTED and now >= self.expires_at
        return ActionState.EXPIRED if over else self.state

    def require_approvable(self, by: str, key: str, now: datetime) -> None:
        """Raises SecondOperatorNeeded for who asked for it, WrongState when it is too late."""
        if by == self.requested_by or key == self.requested_key:
            raise SecondOperatorNeeded()
        if self.state_at(now) is not ActionState.REQUESTED:
            raise WrongState(f"the action is {self.state_at(now)}")
