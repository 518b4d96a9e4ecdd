"""The result of carrying out an operator action in the transaction of its approval."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from facepay.domain.deletion import Deletion


@dataclass(frozen=True, slots=True)
class PendingLeaf:
    """A leaf for the end of the transaction, where the log's head is locked."""

    kind: str
    details: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class ActionResult:
    """`deletions` and `leaves` must be recorded before the commit.

    `withdrawn` names the client keys that the action withdrew. The approving operator gets
    `shown_once`, which has recovery codes or is None, and is not stored.
    """

    deletions: list[Deletion] = field(default_factory=list)
    shown_once: list[str] | None = None
    leaves: list[PendingLeaf] = field(default_factory=list)
    withdrawn: frozenset[str] = frozenset()
