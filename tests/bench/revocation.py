"""Measure payments against revocations, ten thousand times: `make bench-revocation`.

The bench starts the real service under gunicorn with two workers, on SQLite and on PostgreSQL, and
two real nodes of OpenBao: requests go through the standby. It copies customers with an enrolled
face into the database (tests/support/crowd.py). All racing requests are signed and go over HTTP
(tests/support/revocation_race.py). Some races end a password, a till's key or a device in place of
a face (tests/support/withdrawal_race.py). Meanwhile the bench kills workers by -9, and the active
node of OpenBao is killed and hangs by turns. Afterwards it sweeps keys whose destruction an outage
prevented, as `facepay sweep` does. It counts these violations, of which there may be none:

- approvals whose request was sent after the answer to the revocation, change or withdrawal;
- approvals whose leaf in the log comes after that of the revocation, change or withdrawal;
- acknowledged revocations that are not in the log, and keys that OpenBao still has;
- deletion receipts that were given while OpenBao had the key;
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
from collections.abc import Callable
from itertools import cycle, product
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from facepay.usecases.dependencies import Dependencies
from facepay_client import Challenge
from tests.bench.grounds import DATABASES, progress_on, scenario_with_two_nodes
from tests.support.crowd import PORTRAIT
from tests.support.load import Load
from tests.support.openbao_pair import Node
from tests.support.people import genuine
from tests.support.races import AT_ONCE, AnyPlan, Raced, Races
from tests.support.revocation_count import broken_promises, count, read_log
from tests.support.revocation_race import Plan
from tests.support.service import WORKERS
from tests.support.withdrawal_count import broken_withdrawals, count_withdrawals
from tests.support.withdrawal_race import WithdrawalPlan

REPORT = Path("var/bench/revocation.json")
RACES = 5000
BURSTS = 0.01
WITHDRAWALS = 0.2  # the share of races that end something else than a face
KILL_EVERY = 100
OUTAGES = 6


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
    summed = ("races", "late_approvals", "receipts_whose_key_lives")
    return {
        **{name: sum(each[name] for each in found.values()) for name in summed},
        **found,
        "workers": WORKERS,
        "cores": os.cpu_count(),
        "races_at_once": AT_ONCE,
    }


def measure(kind: str, races: int, progress: Progress) -> dict[str, Any]:
    """Measure one database, with a service and two nodes of OpenBao of its own."""
    rng = random.Random(races)  # noqa: S311 - what is drawn is no secret
    plans = [_plan(rng) for _ in range(races)]
    racing = progress.add_task(f"{kind}: races", total=races)
    with scenario_with_two_nodes(kind) as (scenario, active):
        prepared = Races(scenario, active, plans, lambda: progress.advance(racing))
        kill_at = range(KILL_EVERY // 2, races, KILL_EVERY)
        load = Load(scenario.service, kill_at, _outages(active, races))
        begun, before = time.monotonic(), os.getloadavg()
        raced = prepared.run(load)
        seconds = time.monotonic() - begun
        counted = _counted(scenario.service.deps, active, raced, progress, kind)
    return counted | {
        "kills": load.kills,
        "outages": load.happened,
        "seconds": round(seconds),
        "races_per_second": round(races / seconds, 2),
        "load_average": {"before": round(before[0], 1), "after": round(os.getloadavg()[0], 1)},
    }


def _plan(rng: random.Random) -> AnyPlan:
    if rng.random() < WITHDRAWALS:
        return WithdrawalPlan.draw(rng)
    return Plan.draw(rng, bursts=BURSTS)


def _outages(active: Node, races: int) -> dict[int, Callable[[], None]]:
    """Kill the node and let it hang by turns, at equal distances."""
    happens = cycle((active.kill_and_restart, active.hang_for_a_while))
    return {races * part // (OUTAGES + 1): next(happens) for part in range(1, OUTAGES + 1)}


def _counted(
    deps: Dependencies, active: Node, raced: Raced, progress: Progress, kind: str
) -> dict[str, Any]:
    looking = progress.add_task(f"{kind}: keys looked for", total=len(raced.revocations))
    log = read_log(deps)
    revocations = count(deps, active, log, raced.revocations, lambda: progress.advance(looking))
    withdrawals = count_withdrawals(log, raced.withdrawals)
    late = revocations["approvals_after_revocation"] + withdrawals["late_approvals"]
    return {
        "races": raced.count,
        "late_approvals": late,
        "receipts_whose_key_lives": revocations["receipts_whose_key_lives"],
        "broken_promises": broken_promises(revocations) + broken_withdrawals(withdrawals),
        "revocations": revocations,
        "withdrawals": withdrawals,
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
