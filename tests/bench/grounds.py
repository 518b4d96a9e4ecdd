"""The environment of benches over HTTP: the real service, an OpenBao and a database of its own."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from facepay.embedded.openbao_server import EmbeddedOpenBao
from tests.support.people import Scenario
from tests.support.postgres import Postgres
from tests.support.service import running_service

DATABASES = ("sqlite", "postgresql")


@contextmanager
def scenario_on(kind: str) -> Iterator[tuple[Scenario, EmbeddedOpenBao]]:
    """Run the service with two workers of gunicorn; everything ends with the block."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="facepay-bench-")))
        bao = stack.enter_context(EmbeddedOpenBao(directory / "openbao"))
        url = f"sqlite:///{directory / 'facepay.db'}"
        if kind == "postgresql":
            url = stack.enter_context(Postgres()).new_database()
        service = stack.enter_context(running_service(bao, url, directory))
        yield Scenario(service), bao


def progress_on(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeRemainingColumn(), console=console)
