"""Run the service under gunicorn as a child, for `facepay serve`, the demo and the HTTP tests."""

import os
import sys
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Self
from urllib.error import URLError
from urllib.parse import urlsplit

from facepay import memory_scrubbing
from facepay.adapters.migrate import migrate
from facepay.config import Settings
from facepay.embedded.children import LOOPBACK, Child, free_port

APPLICATION = "facepay.bootstrap:create_wsgi()"
START_TIMEOUT = 60.0  # seconds; importing the face engine is slow on a busy machine
_INHERITED = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "VIRTUAL_ENV",
    "XDG_CACHE_HOME",
    "OPENBLAS_CORETYPE",
)


class EmbeddedService:
    """A running service: `with EmbeddedService(settings, directory) as service:`, service.url.

    It migrates the database, then starts gunicorn on loopback. `settings.origin` names the port;
    port 0 takes a free one.
    """

    def __init__(
        self,
        settings: Settings,
        directory: Path,
        *,
        workers: int = 2,
        application: str = APPLICATION,
    ) -> None:
        """`application` is gunicorn's name of a factory; tests have one of their own."""
        port = urlsplit(settings.origin).port or free_port()
        self.url = f"http://{LOOPBACK}:{port}"
        self.settings = replace(settings, origin=self.url)
        self._directory = directory
        argv = [str(Path(sys.executable).with_name("gunicorn"))]
        argv += ["-c", "python:facepay.gunicorn_conf", "--workers", str(workers)]
        argv += ["--bind", f"{LOOPBACK}:{port}", application]
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        environment |= self.settings.to_environment() | memory_scrubbing.ENVIRONMENT
        self._child = Child("gunicorn", argv, environment, directory / "service.log")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child.running

    def start(self) -> Self:
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        migrate(self.settings.database_url)
        self._child.start().wait_until(self._answers, START_TIMEOUT)
        return self

    def stop(self) -> None:
        self._child.stop(timeout=25.0)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/v1/health", timeout=1) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False
