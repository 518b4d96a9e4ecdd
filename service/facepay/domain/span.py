"""A range of values, for filters over stored rows."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range: from `first` on and before `end`; None means no bound."""

    first: Any = None
    end: Any = None
