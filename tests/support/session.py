"""Hooks for a run of the tests, by one process or by several workers of pytest-xdist.

Tests that share a server stay on one worker: every worker starts its own servers. Long groups begin
first, so that no worker is left alone with one at the end. Tests marked `serial` run alone
(turns.py). The controller adds up the workers' tallies (tally.py).
"""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.chromium import PACKAGE
from tests.support.tally import TALLY, Tally
from tests.support.turns import Turns

TURNS = pytest.StashKey[Turns]()
LONGEST_FIRST = ("pages", "attacks", "web", "integration", "unit")
_DIRECTORY, _TALLY = "facepay_turns", "facepay_tally"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "serial: no other test runs at the same time")
    given = getattr(config, "workerinput", {}).get(_DIRECTORY)
    config.stash[TURNS] = Turns(Path(given) if given else None)
    config.stash[TALLY] = Tally()
    # A session that is terminated stops its servers.
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated"))


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[TURNS].remove()


@pytest.hookimpl(tryfirst=True)  # before xdist's own hook, which reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group_of(item)))
    items.sort(key=lambda item: (is_serial(item), place_of(item)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Stop workers that xdist did not group: each of them would start every server."""
    grouped = session.config.getoption("loadgroup", False)
    if grouped and not all("@" in item.nodeid for item in session.items):
        raise pytest.UsageError("pytest-xdist does not group tests under this version of pytest")


def is_serial(item: pytest.Item | None) -> bool:
    return item is not None and item.get_closest_marker("serial") is not None


def place_of(item: pytest.Item) -> int:
    return next((at for at, kind in enumerate(LONGEST_FIRST) if kind in item.path.parts), 0)


def group_of(item: pytest.Item) -> str:
    """Name the tests that stay together: those of one service, else those of one module."""
    module = item.nodeid.partition("::")[0]
    kind = getattr(getattr(item, "callspec", None), "params", {}).get("database_kind", "")
    if module.startswith("tests/pages/"):
        return "pages"
    if "unit" not in item.path.parts and "service" in getattr(item, "fixturenames", ()):
        return f"service {kind}"
    return f"{module} {kind}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    turns, alone = item.config.stash[TURNS], is_serial(item)
    with turns.take(alone=alone, keep=alone and is_serial(nextitem)):
        return (yield)


def pytest_runtest_call(item: pytest.Item) -> None:
    item.config.stash[TALLY].add(item)


def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[_TALLY] = session.config.stash[TALLY].counts()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    tally = config.stash[TALLY]
    terminalreporter.write_line(tally.line())
    if tally.left_out:
        terminalreporter.write_line(
            f"facepay: {tally.left_out} tests of the customer's page were left out: they need "
            f"Debian's package `{PACKAGE}` (apt-get install {PACKAGE})"
        )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the locks are."""
    node.workerinput[_DIRECTORY] = str(node.config.stash[TURNS].directory)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the tally of a worker that has ended."""
    counts = getattr(node, "workeroutput", {}).get(_TALLY, {})
    node.config.stash[TALLY].add_counts(counts)
