"""Show the engine ten thousand pictures that are broken or odd or lie: `make bench-robust`.

Each picture goes through the face engine in a child process (tests/support/watched_engine.py). The
engine must refuse it by name or see it correctly, in less than 2 s of processor time and with less
than 128 MiB more memory than at rest. The bench ends with 1 if any picture does not.

It writes var/bench/robust.json, with the number of each finding: `--kind K --number N` shows that
one again. `--pictures N` is for a quick run.
"""

import argparse
import json
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tests.support.mutations import KINDS, SEED, mutated
from tests.support.picture_source import Source
from tests.support.watched_engine import LONGEST_MS, MOST_MIB, Verdict, WatchedEngine

REPORT = Path("var/bench/robust.json")
PICTURES = 10_000
OUTCOMES = ("refused", "correct", "altered", "wrong", "crashed")
FINDINGS_SHOWN = 50


@dataclass
class Kind:
    """The results of the pictures of one kind."""

    outcomes: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    max_ms: float = 0.0
    max_grown_mib: float = 0.0

    def add(self, verdict: Verdict) -> None:
        self.outcomes[verdict.outcome] += 1
        self.said[verdict.said] += 1
        self.max_ms = max(self.max_ms, verdict.ms)
        self.max_grown_mib = max(self.max_grown_mib, verdict.grown_mib)

    def entry(self) -> dict[str, Any]:
        counts = {outcome: self.outcomes[outcome] for outcome in OUTCOMES}
        bounds = {"max_ms": round(self.max_ms), "max_grown_mib": round(self.max_grown_mib, 1)}
        return counts | bounds | {"said": dict(self.said)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=PICTURES)
    parser.add_argument("--kind", choices=sorted(KINDS))
    parser.add_argument("--number", type=int, default=0)
    asked = parser.parse_args()
    if asked.kind is not None:
        with WatchedEngine() as engine:
            picture = mutated(asked.kind, asked.number, Source(engine.source.jpeg))
            print(engine.look(picture))
        return 0
    kinds, findings = _look_at_all(asked.pictures)
    report = _report(kinds, findings)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    _print(report)
    return 0 if not findings else 1


def _look_at_all(pictures: int) -> tuple[dict[str, Kind], list[dict[str, Any]]]:
    """Show the kinds in turns, so that a quick run has pictures of all of them."""
    kinds, findings = {kind: Kind() for kind in KINDS}, []
    names = list(KINDS)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True))
    with WatchedEngine() as engine, bar:
        source = Source(engine.source.jpeg)
        task = bar.add_task("pictures", total=pictures)
        for at in range(pictures):
            number, kind = at // len(names), names[at % len(names)]
            verdict = engine.look(mutated(kind, number, source))
            kinds[kind].add(verdict)
            if not verdict.allowed:
                findings.append({"kind": kind, "number": number, **asdict(verdict)})
            bar.advance(task)
    return kinds, findings


def _report(kinds: dict[str, Kind], findings: list[dict[str, Any]]) -> dict[str, Any]:
    totals = sum((kind.outcomes for kind in kinds.values()), Counter[str]())
    return {
        "pictures": sum(totals.values()),
        "seed": SEED,
        "totals": {outcome: totals[outcome] for outcome in OUTCOMES},
        "max_ms": max(round(kind.max_ms) for kind in kinds.values()),
        "max_grown_mib": max(round(kind.max_grown_mib, 1) for kind in kinds.values()),
        "limits": {"ms": LONGEST_MS, "grown_mib": MOST_MIB},
        "findings": findings[:FINDINGS_SHOWN],
        "kinds": {name: kind.entry() for name, kind in kinds.items()},
    }


def _print(report: dict[str, Any]) -> None:
    columns = (*OUTCOMES, "max_ms", "max_grown_mib")
    table = Table(box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    table.add_column("kind", no_wrap=True)
    for column in columns:
        table.add_column(column.replace("_", " "), justify="right")
    for name, entry in report["kinds"].items():
        table.add_row(name, *(str(entry[column] or "") for column in columns))
    bounds = (str(report["max_ms"]), str(report["max_grown_mib"]))
    counts = (str(report["totals"][outcome] or "") for outcome in OUTCOMES)
    table.add_row("in all", *counts, *bounds, style="bold")
    console = Console()
    console.print(table)
    console.print(f"{report['pictures']} pictures, {len(report['findings'])} findings: {REPORT}")


if __name__ == "__main__":
    sys.exit(main())
