"""Measure payments against revocations, ten thousand times: `make bench-revocation`.

The bench starts the real service under gunicorn with two workers and a real OpenBao, on SQLite and
on PostgreSQL. It copies customers with an enrolled face into the database (tests/support/crowd.py).
All racing requests are signed and go over HTTP (tests/support/revocation_race.py), while the bench
kills workers by -9 and restarts OpenBao. Afterwards it sweeps keys whose destruction an outage
prevented, as `facepay sweep` does. It counts these violations, of which there may be none:

- approvals by a face whose request was sent after its revocation's answer had arrived;
- approvals whose leaf in the log comes after the revocation's;
- acknowledged revocations that are not in the log, and keys that OpenBao still has;
- captures and payments that are still under way.

Writes var/bench/revocation.json, prints it, and ends with 1 if a promise is broken. `--races N` is
the number for each database.
"""

import argparse
import json
import os
import random
import sys
import time
from itertools import product
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from facepay_client import Challenge
from tests.bench.grounds import DATABASES, progress_on, scenario_on
from tests.support.crowd import PORTRAIT
from tests.support.load import Load
from tests.support.people import genuine
from tests.support.races import AT_ONCE, Races
from tests.support.revocation_count import broken_promises, count
from tests.support.revocation_race import Plan
from tests.support.service import WORKERS

REPORT = Path("var/bench/revocation.json")
RACES = 5000
BURSTS = 0.01
KILL_EVERY = 100
RESTARTS = 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--races", type=int, default=RACES, help="for each database")
    parser.add_argument("--database", choices=DATABASES, action="append")
    arguments = parser.parse_args()
    found: dict[str, dict[str, Any]] = {}
    with progress_on(Console(stderr=True)) as progress:
        _render(progress)
        for kind in arguments.database or DATABASES:
            found[kind] = measure(kind, arguments.races, progress)
            report = _report(found)
            REPORT.parent.mkdir(parents=True, exist_ok=True)
            REPORT.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))
    return 1 if any(each["broken_promises"] for each in found.values()) else 0


def _report(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    summed = ("races", "approvals_after_revocation")
    return {
        **{name: sum(each[name] for each in found.values()) for name in summed},
        **found,
        "workers": WORKERS,
        "cores": os.cpu_count(),
        "races_at_once": AT_ONCE,
    }


def measure(kind: str, races: int, progress: Progress) -> dict[str, Any]:
    """Measure one database, with a service and an OpenBao of its own."""
    rng = random.Random(races)  # noqa: S311 - what is drawn is no secret
    plans = [Plan.draw(rng, bursts=BURSTS) for _ in range(races)]
    racing = progress.add_task(f"{kind}: races", total=races)
    looking = progress.add_task(f"{kind}: keys looked for", total=races)
    with scenario_on(kind) as (scenario, bao):
        prepared = Races(scenario, plans, lambda: progress.advance(racing))
        load = Load(
            scenario.service,
            bao,
            kill_at=range(KILL_EVERY // 2, races, KILL_EVERY),
            restart_at=[races * part // (RESTARTS + 1) for part in range(1, RESTARTS + 1)],
        )
        begun, load = time.monotonic(), os.getloadavg()
        raced = prepared.run(load)
        seconds = time.monotonic() - begun
        counted = count(scenario.service.deps, bao, raced, lambda: progress.advance(looking))
    return counted | {
        "broken_promises": broken_promises(counted),
        "kills": load.kills,
        "openbao_restarts": load.restarts,
        "seconds": round(seconds),
        "races_per_second": round(races / seconds, 2),
        "load_average": {"before": round(load[0], 1), "after": round(os.getloadavg()[0], 1)},
    }


def _render(progress: Progress) -> None:
    """Render every sequence of steps that can be asked for, so that races draw nothing."""
    others = ("turn_left", "turn_right", "look_up", "look_down")
    pairs = [pair for pair in product(others, repeat=2) if set(pair) & set(others[:2])]
    asked = [(*pair[:at], "closer", *pair[at:]) for pair in pairs for at in range(3)]
    task = progress.add_task("rendering a payer", total=len(asked))
    for steps in asked:
        genuine(PORTRAIT, Challenge("no_light", steps), 2)
        progress.advance(task)


if __name__ == "__main__":
    sys.exit(main())
