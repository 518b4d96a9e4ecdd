"""The tally of tests that really ran, by the servers of the fixtures they used."""

from collections import Counter
from collections.abc import Mapping

import pytest

DATABASE_NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
_LEFT_OUT = "left out"


class Tally:
    """Counts a test when its body begins: a skipped or failed set-up does not count.

    Under pytest-xdist every worker counts its own tests, and the controller adds them up.
    """

    def __init__(self) -> None:
        self._ran: Counter[str] = Counter()
        self.left_out = 0

    def add(self, item: pytest.Item) -> None:
        self._ran.update({"tests", *_used(item)})

    def counts(self) -> dict[str, int]:
        """Return the counts of this process, as the controller takes them."""
        return {**self._ran, _LEFT_OUT: self.left_out}

    def add_counts(self, counts: Mapping[str, int]) -> None:
        """Add a worker's counts. Every worker leaves out the same tests."""
        ran = dict(counts)
        self.left_out = max(self.left_out, ran.pop(_LEFT_OUT, 0))
        self._ran.update(ran)

    def line(self) -> str:
        servers = ("OpenBao", "PostgreSQL", "SQLite", "real HTTP")
        counts = ", ".join(f"{name} {self._ran[name]}" for name in servers)
        return f"facepay: {self._ran['tests']} tests ran; against {counts}"


TALLY = pytest.StashKey[Tally]()


def _used(item: pytest.Item) -> set[str]:
    fixtures = set(getattr(item, "fixturenames", ()))
    used = set()
    if fixtures & {"openbao", "own_bao", "own_server", "serving"}:
        used.add("OpenBao")
    if "unit" not in item.path.parts and fixtures & {"service", "gated", "scenario", "serving"}:
        used.add("real HTTP")
    if "postgres" in fixtures:
        used.add("PostgreSQL")
    if "sqlite_template" in fixtures:
        used.add("SQLite")
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    if "database_kind" in parameters:
        # Such a test uses one of the two, whatever its fixtures could have started.
        used -= set(DATABASE_NAMES.values())
        used.add(DATABASE_NAMES[parameters["database_kind"]])
    return used
