"""What the fakes were asked, in order; and what is to happen when they are asked."""

from collections.abc import Callable


class Journal:
    """Events are `"vault.unseal"`, `"pad.judge"`, …: the port's part, and its method."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self._waiting: dict[str, Callable[[], object]] = {}

    def note(self, event: str) -> None:
        """Called by a fake before it does anything; runs, once, what a test has prepared."""
        self.events.append(event)
        act = self._waiting.pop(event, None)
        if act is not None:
            act()

    def when(self, event: str, act: Callable[[], object]) -> None:
        """At the next `event`, do `act` first; what it raises comes out of the port."""
        self._waiting[event] = act

    def fail(self, event: str, error: Exception) -> None:
        def act() -> None:
            raise error

        self.when(event, act)

    def count(self, event: str) -> int:
        return self.events.count(event)
