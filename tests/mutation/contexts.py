"""Record which tests execute which line of a clone, unit and integration tests alone.

The clone's environment needs pytest-cov beside what the lock names.
"""

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path

RECORDED = ("tests/unit", "tests/integration")
_SETTINGS = "[run]\nsource = service/facepay\n[json]\nshow_contexts = true\n"


def record(clone: Path) -> Path:
    """Run the tests once under coverage; returns the file of what each line was executed by."""
    directory = clone / "var" / "mutation"
    directory.mkdir(parents=True, exist_ok=True)
    settings, report = directory / "coveragerc", directory / "contexts.json"
    settings.write_text(_SETTINGS)
    python = str(clone / ".venv/bin/python")
    run = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header", *RECORDED]
    run += ["--cov", "--cov-context=test", "--cov-report=", f"--cov-config={settings}"]
    # A test that fails under coverage, for it measures memory or time, still tells its lines.
    subprocess.run(run, cwd=clone, check=False)
    made = [python, "-m", "coverage", "json", "-q", f"--rcfile={settings}", "-o", str(report)]
    subprocess.run(made, cwd=clone, check=True)
    return report


class Contexts:
    def __init__(self, report: Path) -> None:
        self._files = json.loads(report.read_text())["files"]

    def tests_of(self, file: str, lines: range) -> list[str]:
        """The tests that execute one of the lines, or those of the file where nothing tells.

        Lines outside of functions are executed by the import, which belongs to no test.
        """
        by_line = self._files.get(file, {}).get("contexts", {})
        found = _names(by_line.get(str(line), ()) for line in lines)
        return sorted(found or _names(by_line.values()))


def _names(contexts: Iterable[Iterable[str]]) -> set[str]:
    """`tests/unit/test_x.py::test_y|run` is a test's name and one of its three phases."""
    return {name.rpartition("|")[0] for names in contexts for name in names if name}
