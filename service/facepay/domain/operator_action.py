"""An operator action: requested by one operator, approved by another, carried out once.

    requested ──▶ approved ──▶ done
        └──▶ expired                 one hour after the request without an approval

"Another" means another operator with another key. Most kinds are carried out with the approval;
the revocation of a cohort is carried out in batches afterwards.
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
    WITHDRAW_KEY = "withdraw_key"
    REPLACE_KEY = "replace_key"
    SUSPEND = "suspend"
    RESUME = "resume"


ABOUT_CUSTOMERS = frozenset(
    {
        ActionKind.REVOKE_FACE,
        ActionKind.REVOKE_COHORT,
        ActionKind.CLEAR_DURESS,
        ActionKind.ISSUE_RECOVERY,
    }
)


class ActionState(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    DONE = "done"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class OperatorAction:
    """One action; `requested_key` and `approved_key` are keyids.

    `target` is canonical JSON whose shape depends on the kind. `total` is the number of faces that
    the action covered when it was approved.
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
        """Refuse an approval by the requesting operator or key, and a late or second approval.

        Raises SecondOperatorNeeded, WrongState.
        """
        if by == self.requested_by or key == self.requested_key:
            raise SecondOperatorNeeded()
        if self.state_at(now) is not ActionState.REQUESTED:
            raise WrongState(f"the action is {self.state_at(now)}")
