"""The report of a demo: lines and a table for people, `report.json` for machines.

None of them holds a secret or a pixel. `report.json` names each burst by its recipe.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from facepay_rehearsal.camera import Recipe
from facepay_rehearsal.demo.service_times import ServiceTime

REPORT_FILE = "report.json"


@dataclass(frozen=True)
class StepResult:
    """The result of one step.

    `ms` is the time of the whole step, with the rendering of its frames. `service_time` is the
    service's share of it, for the steps that read the service's log.
    """

    name: str
    expected: str
    actual: str
    ms: int
    service_time: ServiceTime | None = None

    def entry(self) -> dict[str, object]:
        """Return the result as `report.json` holds it."""
        entry: dict[str, object] = {
            name: getattr(self, name) for name in ("name", "expected", "actual", "ms")
        }
        if self.service_time is None:
            return entry
        return entry | {"service_ms": self.service_time.entry()}

    @property
    def ok(self) -> bool:
        """Return whether the step had its expected result."""
        return self.actual == self.expected


def all_ok(results: Sequence[StepResult]) -> bool:
    """Return whether there are steps, and all of them had their expected results."""
    return bool(results) and all(result.ok for result in results)


def print_line(console: Console, result: StepResult, title: str) -> None:
    """Print one line when a step is done."""
    mark = "[green]ok    [/]" if result.ok else "[red]FAILED[/]"
    console.print(f"{mark} {title}", highlight=False)


def print_table(console: Console, results: Sequence[StepResult]) -> None:
    """Print the result of each step; for a failed one, also what was expected."""
    table = Table(box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    table.add_column("step", no_wrap=True)
    table.add_column("result", overflow="fold")
    table.add_column("ms", justify="right", no_wrap=True)
    for result in results:
        wrong = f"{result.actual}\nexpected was: {result.expected}"
        text, style = (result.actual, None) if result.ok else (wrong, "bold red")
        table.add_row(result.name, escape(text), str(result.ms), style=style)
    console.print(table)


def print_summary(console: Console, results: Sequence[StepResult], report: Path) -> None:
    """Print how many steps had their expected results, and where the files are."""
    failed = [result.name for result in results if not result.ok]
    good = len(results) - len(failed)
    console.print(f"{good} of {len(results)} steps had the expected result.", highlight=False)
    if failed:
        console.print(f"Failed: {', '.join(failed)}", style="bold red", highlight=False)
    console.print(f"Report: {report}", highlight=False)
    console.print(f"Files and logs of the service: {report.parent}", highlight=False)


def write_report(directory: Path, results: Sequence[StepResult], recipes: Sequence[Recipe]) -> Path:
    """Write `report.json` into `directory`; return its path."""
    path = directory / REPORT_FILE
    report = {
        "ok": all_ok(results),
        "steps": [result.entry() for result in results],
        "bursts": [recipe.entry() for recipe in recipes],
    }
    path.write_text(json.dumps(report, indent=2) + "\n")
    return path


def read_recipes(path: Path) -> list[Recipe]:
    """Read the recipes of the bursts in a report. Raises ValueError, KeyError."""
    return [Recipe.parse(entry) for entry in json.loads(path.read_text())["bursts"]]
