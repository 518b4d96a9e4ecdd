"""The environment of benches over HTTP: the real service, an OpenBao and a database of its own."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from facepay.embedded.openbao_server import EmbeddedOpenBao
from tests.support.openbao_pair import Node, Standby
from tests.support.people import Scenario
from tests.support.postgres import Postgres
from tests.support.service import running_service

DATABASES = ("sqlite", "postgresql")


@contextmanager
def scenario_on(kind: str) -> Iterator[tuple[Scenario, EmbeddedOpenBao]]:
    """Run the service with two workers of gunicorn; everything ends with the block."""
    with ExitStack() as stack:
        directory = new_directory(stack)
        bao = stack.enter_context(EmbeddedOpenBao(directory / "openbao"))
        yield _scenario(stack, kind, directory, bao), bao


@contextmanager
def scenario_with_two_nodes(kind: str) -> Iterator[tuple[Scenario, Node]]:
    """Run the service as `scenario_on` does, through the standby of two nodes of OpenBao.

    Yields the other node, which is the active one at first.
    """
    with ExitStack() as stack:
        directory = new_directory(stack)
        active = stack.enter_context(Node(directory / "active", "active"))
        standby = stack.enter_context(Standby(directory / "standby", active))
        yield _scenario(stack, kind, directory, standby), active


def new_directory(stack: ExitStack) -> Path:
    """Make a directory that is gone when the stack closes."""
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="facepay-bench-")))


def _scenario(stack: ExitStack, kind: str, directory: Path, bao: EmbeddedOpenBao) -> Scenario:
    url = new_database(stack, kind, directory)
    return Scenario(stack.enter_context(running_service(bao, url, directory)))


def new_database(stack: ExitStack, kind: str, directory: Path) -> str:
    """Return the URL of an empty database; a PostgreSQL server for it ends with the stack."""
    if kind == "postgresql":
        return stack.enter_context(Postgres()).new_database()
    return f"sqlite:///{directory / 'facepay.db'}"


def progress_on(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeRemainingColumn(), console=console)
