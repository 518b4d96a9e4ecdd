"""Measure whether a worker's memory stays flat: `make bench-memory`.

The bench runs the real service with one worker, a real OpenBao and SQLite. Two terminals open
intents and captures and send genuine bursts, rendered beforehand, over HTTP. The bench reads the
worker's memory after every twentieth part of the captures.

Flat means that resident memory at the end is within 5 % of its value after the first 200 captures,
and at no time above 450 MiB. The bench writes var/bench/memory.json and ends with 1 if the memory
is not flat. `--captures N` is for a quick run; the warm-up is then a tenth of N.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from facepay.embedded.openbao_server import EmbeddedOpenBao
from facepay_client import Challenge, RetryPolicy
from tests.support.people import Payer, PointOfSale, Scenario, genuine
from tests.support.service import RunningService, running_service

REPORT = Path("var/bench/memory.json")
CAPTURES = 2000
WARM_UP = 200
TERMINALS = 2
SAMPLES = 20
PORTRAIT, SEED = "grace", 2
GROWTH_PERCENT_AT_MOST = 5.0
PEAK_MIB_AT_MOST = 450
MIB = 1024 * 1024
BUSY = RetryPolicy(attempts=8, first_wait=0.1, longest_wait=1.0)


class Watch:
    """Reads the worker's memory at certain counts of captures, in MiB."""

    def __init__(self, worker: int) -> None:
        self._process = psutil.Process(worker)
        self.samples: list[dict[str, float]] = []

    def look(self, captures: int) -> None:
        memory = self._process.memory_full_info()
        kinds = {"rss_mib": memory.rss, "pss_mib": memory.pss, "uss_mib": memory.uss}
        sample = {name: round(octets / MIB, 1) for name, octets in kinds.items()}
        self.samples.append({"captures": captures, **sample})

    def at(self, captures: int, kind: str) -> float:
        return next(each[kind] for each in self.samples if each["captures"] == captures)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--captures", type=int, default=CAPTURES)
    captures: int = parser.parse_args().captures
    warm_up = min(WARM_UP, max(captures // 10, 1))
    console = Console(stderr=True)
    with service() as running, _progress(console) as progress:
        scenario = Scenario(running)
        _render(progress)
        payer = scenario.payer(face=PORTRAIT)
        (worker,) = running.worker_pids()
        watch = Watch(worker)
        watch.look(0)
        seconds = _capture_all(scenario, payer, watch, captures, warm_up, progress)
        same = running.worker_pids() == [worker]
    report = _report(watch, captures, warm_up, seconds, same)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    print(
        json.dumps({name: value for name, value in report.items() if name != "samples"}, indent=2)
    )
    return 0 if report["flat"] else 1


@contextmanager
def service() -> Iterator[RunningService]:
    with tempfile.TemporaryDirectory(prefix="facepay-bench-") as name:
        directory = Path(name)
        database = f"sqlite:///{directory / 'facepay.db'}"
        with (
            EmbeddedOpenBao(directory / "openbao") as bao,
            running_service(bao, database, directory, workers=1) as running,
        ):
            yield running


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeRemainingColumn(), console=console)


def _render(progress: Progress) -> None:
    """Render every possible sequence of steps, so that nothing is drawn during the measurement."""
    others = ("turn_left", "turn_right", "look_up", "look_down")
    pairs = [pair for pair in product(others, repeat=2) if set(pair) & set(others[:2])]
    asked = [(*pair[:at], "closer", *pair[at:]) for pair in pairs for at in range(3)]
    task = progress.add_task("rendering", total=len(asked))
    for steps in asked:
        genuine(PORTRAIT, Challenge("no_light", steps), SEED)
        progress.advance(task)


def _capture_all(
    scenario: Scenario, payer: Payer, watch: Watch, captures: int, warm_up: int, progress: Progress
) -> float:
    """Capture in stretches that end where memory is read; return the seconds it took."""
    points_of_sale = [scenario.pos(retry=BUSY) for _ in range(TERMINALS)]
    ends = {warm_up, captures, *range(0, captures, max(captures // SAMPLES, 1))} - {0}
    task = progress.add_task("captures", total=captures)
    begun, done, lock = time.monotonic(), 0, threading.Lock()

    def capture(number: int) -> None:
        _capture(points_of_sale[number % TERMINALS], payer)
        with lock:
            progress.advance(task)

    with ThreadPoolExecutor(TERMINALS) as pool:
        for end in sorted(ends):
            list(pool.map(capture, range(done, end)))
            watch.look(done := end)
    return time.monotonic() - begun


def _capture(pos: PointOfSale, payer: Payer) -> None:
    capture = pos.capture(pos.intent().id, payer.alias)
    accepted = pos.terminal.send_frames(capture, genuine(PORTRAIT, capture.challenge, SEED))
    assert accepted.outcome == "accepted"


def _report(
    watch: Watch, captures: int, warm_up: int, seconds: float, same_worker: bool
) -> dict[str, Any]:
    early, late = watch.at(warm_up, "rss_mib"), watch.at(captures, "rss_mib")
    growth = round(100 * (late / early - 1), 2)
    peak = max(each["rss_mib"] for each in watch.samples)
    flat = same_worker and growth <= GROWTH_PERCENT_AT_MOST and peak <= PEAK_MIB_AT_MOST
    return {
        "captures": captures,
        "flat": flat,
        "same_worker": same_worker,
        f"rss_mib_after_{warm_up}": early,
        f"rss_mib_after_{captures}": late,
        "growth_percent": growth,
        "peak_mib": peak,
        "uss_mib_at_the_end": watch.at(captures, "uss_mib"),
        "limits": {"growth_percent": GROWTH_PERCENT_AT_MOST, "peak_mib": PEAK_MIB_AT_MOST},
        "captures_per_second": round(captures / seconds, 2),
        "load_average": round(os.getloadavg()[0], 1),
        "samples": watch.samples,
    }


if __name__ == "__main__":
    sys.exit(main())
