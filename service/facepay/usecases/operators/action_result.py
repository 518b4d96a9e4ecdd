"""What came of an operators' action in the transaction of its approval."""

from dataclasses import dataclass, field

from facepay.domain.deletion import Deletion


@dataclass(frozen=True, slots=True)
class ActionResult:
    """`deletions` are to be written down; `told_once` goes to who approved and is kept nowhere."""

    deletions: list[Deletion] = field(default_factory=list)
    told_once: list[str] | None = None
