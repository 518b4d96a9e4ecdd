"""Record which tests of a suite execute which line of a clone, once, when somebody first asks.

The clone's environment needs pytest-cov beside what the lock names.
"""

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_SETTINGS = """
[run]
source = service/facepay
data_file = var/mutation/coverage
[json]
show_contexts = true
"""


class Contexts:
    """The suite is a folder of tests that do their work in one process: `tests/unit`."""

    def __init__(self, clone: Path, suite: str) -> None:
        self._clone, self._suite = clone, suite
        self._files: dict[str, Any] | None = None

    def tests_of_lines(self, file: str, lines: range) -> list[str]:
        """The tests that execute one of the lines; no other test can tell what stands there.

        Empty for lines outside of functions: the import executes them, and belongs to no test.
        """
        by_line = self._by_line(file)
        return sorted(_names(by_line.get(str(line), ()) for line in lines))

    def tests_of_file(self, file: str) -> list[str]:
        """The tests that execute any function of the file."""
        return sorted(_names(self._by_line(file).values()))

    def _by_line(self, file: str) -> dict[str, list[str]]:
        if self._files is None:
            self._files = json.loads(self._report().read_text())["files"]
        contexts: dict[str, list[str]] = self._files.get(file, {}).get("contexts", {})
        return contexts

    def _report(self) -> Path:
        directory = self._clone / "var" / "mutation"
        directory.mkdir(parents=True, exist_ok=True)
        report = directory / f"{Path(self._suite).name}.json"
        if not report.exists():
            _record(self._clone, self._suite, directory / "coveragerc", report)
        return report


def _record(clone: Path, suite: str, settings: Path, report: Path) -> None:
    settings.write_text(_SETTINGS)
    python = str(clone / ".venv/bin/python")
    run = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header", suite]
    run += ["--cov", "--cov-context=test", "--cov-report=", f"--cov-config={settings}"]
    # A test that fails under coverage, for it measures memory or time, still tells its lines.
    subprocess.run(run, cwd=clone, check=False)
    made = [python, "-m", "coverage", "json", "-q", f"--rcfile={settings}", "-o", str(report)]
    subprocess.run(made, cwd=clone, check=True)


def _names(contexts: Iterable[Iterable[str]]) -> set[str]:
    """`tests/unit/test_x.py::test_y|run` is a test's name and one of its three phases."""
    return {name.rpartition("|")[0] for names in contexts for name in names if name}
