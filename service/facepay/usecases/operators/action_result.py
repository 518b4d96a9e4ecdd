"""The result of carrying out an operator action in the transaction of its approval."""

from dataclasses import dataclass, field

from facepay.domain.deletion import Deletion


@dataclass(frozen=True, slots=True)
class ActionResult:
    """`deletions` must be recorded; the approving operator gets `shown_once`, which is not stored.

    `shown_once` has recovery codes, or is None.
    """

    deletions: list[Deletion] = field(default_factory=list)
    shown_once: list[str] | None = None
