"""What was expected and what came: a table for people, `report.json` for machines.

Neither holds a secret or a pixel: bursts are given by their recipes.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from facepay_rehearsal.camera import Recipe
from facepay_rehearsal.demo.service_times import ServiceTime

REPORT_FILE = "report.json"


@dataclass(frozen=True)
class StepResult:
    """One line of the report. `ms` is the whole step, rendering of frames included; `spent` is what
    the service itself took, where that was looked up.
    """

    name: str
    expected: str
    actual: str
    ms: int
    spent: ServiceTime | None = None

    def entry(self) -> dict[str, object]:
        entry: dict[str, object] = {
            name: getattr(self, name) for name in ("name", "expected", "actual", "ms")
        }
        return entry if self.spent is None else entry | {"service_ms": self.spent.entry()}

    @property
    def ok(self) -> bool:
        return self.actual == self.expected


def all_ok(results: Sequence[StepResult]) -> bool:
    return bool(results) and all(result.ok for result in results)


def print_line(console: Console, result: StepResult) -> None:
    """As soon as a step is done."""
    mark = "[green]ok [/]" if result.ok else "[red]NO [/]"
    console.print(f"{mark} {result.name}", f"[dim]{result.ms} ms[/]", highlight=False)


def print_table(console: Console, results: Sequence[StepResult]) -> None:
    table = Table(box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    table.add_column("step", no_wrap=True)
    table.add_column("expected", overflow="fold")
    table.add_column("actual", overflow="fold")
    table.add_column("ms", justify="right", no_wrap=True)
    for result in results:
        style = None if result.ok else "bold red"
        table.add_row(result.name, result.expected, result.actual, str(result.ms), style=style)
    console.print(table)


def write_report(directory: Path, results: Sequence[StepResult], recipes: Sequence[Recipe]) -> Path:
    path = directory / REPORT_FILE
    report = {
        "ok": all_ok(results),
        "steps": [result.entry() for result in results],
        "bursts": [recipe.entry() for recipe in recipes],
    }
    path.write_text(json.dumps(report, indent=2) + "\n")
    return path


def read_recipes(path: Path) -> list[Recipe]:
    """The bursts of an earlier rehearsal. Raises ValueError, KeyError."""
    return [Recipe.parse(entry) for entry in json.loads(path.read_text())["bursts"]]
