"""Run the tests against each mutation in a clone, the most likely ones first, until one fails.

    python -m tests.mutation.run --clone DIR --results FILE [--as-drawn] [--killers FILE]

The clone is a clean checkout with its own .venv; nothing is ever changed in another tree. The
stages are the test that found the mutation before, the unit tests that execute its lines (all unit
tests, where it stands outside of functions), the integration tests that execute them, and for what
survives these the tests over HTTP. A run that takes too long counts as failed. A test kills a
mutant only if it passes without it.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.mutation import place
from tests.mutation.contexts import Contexts
from tests.mutation.place import Mutant

HTTP = ["tests/web", "tests/attacks", "tests/pages"]
SECONDS_AT_MOST = {"before": 600, "unit": 600, "all unit": 900, "integration": 1500, "http": 3000}
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+(?: \S+)*?)(?: - .*)?$", re.MULTILINE)
_PYTEST = ["-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=line"]
_NONE_COLLECTED = 5


@dataclass(frozen=True)
class Result:
    """`killed_by` is a test's name, or None for a mutant that survived; `stage` found it last."""

    id: str
    status: str
    killed_by: str | None
    stage: str
    seconds: float


class Clone:
    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        if self.directory == Path(__file__).parents[2]:
            raise SystemExit("mutations are applied to a clone, never here")
        if self._git("status", "--porcelain", "--untracked-files=no"):
            raise SystemExit(f"{directory} has changes")
        self.unit = Contexts(self.directory, "tests/unit")
        self.integration = Contexts(self.directory, "tests/integration")
        self._sound: dict[str, bool] = {}

    def _git(self, *arguments: str) -> str:
        git = ["git", "-C", str(self.directory), *arguments]
        return subprocess.run(git, check=True, capture_output=True, text=True).stdout

    def restore(self) -> None:
        self._git("checkout", "--quiet", "--", "service")

    def write(self, mutant: Mutant) -> None:
        (self.directory / mutant.file).write_text(mutant.source)

    def first_failure(self, tests: list[str], seconds: float) -> str | None:
        """Return the first test that fails; "timeout" after so many seconds, None if all pass."""
        python = str(self.directory / ".venv/bin/python")
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
        process = subprocess.Popen(
            [python, *_PYTEST, *tests],
            cwd=self.directory,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            _end(process)
            return "timeout"
        if process.returncode in (0, _NONE_COLLECTED):
            return None
        failed = _FAILED.search(output)
        if failed is None:
            raise RuntimeError(f"pytest ended with {process.returncode}:\n{output[-3000:]}")
        return failed[1]

    def is_sound(self, test: str) -> bool:
        """Return whether the test passes without any mutation. The clone has to be restored.

        Unit tests depend on no clock and no server: they are taken to pass.
        """
        if "::" not in test or test.startswith("tests/unit/"):
            return True
        if test not in self._sound:
            self._sound[test] = self.first_failure([test], SECONDS_AT_MOST["integration"]) is None
        return self._sound[test]


def _end(process: "subprocess.Popen[str]") -> None:
    """End the tests and the servers that they started."""
    os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=20)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def stages(
    clone: Clone, mutant: Mutant, killer: str | None, unit_only: bool
) -> Iterator[tuple[str, list[str]]]:
    """Names of stages and the tests of each, the most likely ones first."""
    if killer is not None:
        yield "before", [killer]
    file, own = mutant.file, f"tests/unit/{mutant.folder}"
    unit = clone.unit.tests_of_lines(file, mutant.lines)
    near = unit or clone.unit.tests_of_file(file)
    yield "unit", sorted(near, key=lambda test: not test.startswith(own))
    if not unit:
        yield "all unit", ["tests/unit"]
    if unit_only:
        return
    integration = clone.integration
    yield (
        "integration",
        integration.tests_of_lines(file, mutant.lines) or integration.tests_of_file(file),
    )
    yield "http", HTTP


def examine(clone: Clone, mutant: Mutant, killer: str | None, unit_only: bool) -> Result:
    begun, unsound, stage = time.monotonic(), list[str](), "none"
    for stage, tests in stages(clone, mutant, killer, unit_only):
        if not tests:
            continue
        while True:
            clone.write(mutant)
            try:
                found = clone.first_failure(
                    [*tests, *(f"--deselect={test}" for test in unsound)], SECONDS_AT_MOST[stage]
                )
            finally:
                clone.restore()
            if found is None:
                break
            if clone.is_sound(found):
                seconds = round(time.monotonic() - begun, 1)
                return Result(mutant.id, "killed", found, stage, seconds)
            unsound.append(found)
    return Result(mutant.id, "survived", None, stage, round(time.monotonic() - begun, 1))


def main() -> None:
    arguments = _arguments()
    clone = Clone(arguments.clone)
    killers = _killers(arguments.killers, arguments.test_renames, clone.directory)
    results = json.loads(arguments.results.read_text()) if arguments.results.exists() else []
    done = {result["id"] for result in results}
    for record in place.drawn() if arguments.as_drawn else place.ported():
        if record["id"] in done or (arguments.only and record["id"] not in arguments.only):
            continue
        mutant = place.find(record, clone.directory)
        result = examine(clone, mutant, killers.get(mutant.id), arguments.unit_only)
        results.append(asdict(result))
        arguments.results.write_text(json.dumps(results, indent=2) + "\n")
        print(f"{result.id} {result.status:8} {result.seconds:7.1f} s  {result.killed_by or ''}")
    survived = [result["id"] for result in results if result["status"] == "survived"]
    print(f"{len(results) - len(survived)} of {len(results)} killed; survived: {survived}")


def _killers(file: Path | None, renames: Path | None, clone: Path) -> dict[str, str]:
    """By mutation, the test that killed it in an earlier run, where that test is still there."""
    if file is None:
        return {}
    lines = renames.read_text().splitlines() if renames else []
    renamed = dict(line.split(maxsplit=1) for line in lines)
    found = {}
    for result in json.loads(file.read_text()):
        test = (result["killed_by"] or "").partition("[")[0]  # parameters may have other names now
        test = renamed.get(test, test)
        if _exists(test, clone):
            found[result["id"]] = test
    return found


def _exists(test: str, clone: Path) -> bool:
    path, *_, function = test.split("::") if "::" in test else (test, "")
    file = clone / path
    return file.is_file() and f"def {function}(" in file.read_text()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clone", type=Path, required=True)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--as-drawn", action="store_true", help="for a clone of the drawn commit")
    parser.add_argument("--only", nargs="*", metavar="ID")
    parser.add_argument("--unit-only", action="store_true", help="end after the unit tests")
    parser.add_argument("--killers", type=Path, help="the results of an earlier run")
    parser.add_argument("--test-renames", type=Path, help="lines of a test's old and new name")
    return parser.parse_args()


if __name__ == "__main__":
    main()
