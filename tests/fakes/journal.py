"""The calls that the fakes received, in order, and acts prepared for their next call."""

from collections.abc import Callable


class Journal:
    """Records events like `"vault.unseal"` or `"pad.judge"`: the part of a port, and its method."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self._waiting: dict[str, Callable[[], object]] = {}

    def note(self, event: str) -> None:
        """Record an event and run, once, the act prepared for it; every fake calls this first."""
        self.events.append(event)
        act = self._waiting.pop(event, None)
        if act is not None:
            act()

    def when(self, event: str, act: Callable[[], object]) -> None:
        """Run `act` first at the next `event`; what it raises comes out of the port."""
        self._waiting[event] = act

    def fail(self, event: str, error: Exception) -> None:
        def act() -> None:
            raise error

        self.when(event, act)

    def count(self, event: str) -> int:
        return self.events.count(event)
