"""Race password payments with changes of the password, 1,000 times: `make bench-stale`.

The bench runs the use cases in threads over SQLite and over PostgreSQL (tests/support/
password_race.py), without HTTP, and counts the payments that were approved after the change. Writes
var/bench/stale.json, prints it, and ends with 1 if a payment was late. `--races N` is the number
for each database.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from facepay.adapters.migrate import migrate
from facepay.adapters.unit_of_work import Database
from tests.bench.grounds import DATABASES, new_database, new_directory, progress_on
from tests.support.password_race import PasswordRaces

REPORT = Path("var/bench/stale.json")
RACES = 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--races", type=int, default=RACES, help="for each database")
    parser.add_argument("--database", choices=DATABASES, action="append")
    arguments = parser.parse_args()
    found: dict[str, Any] = {"cores": os.cpu_count()}
    for kind in arguments.database or DATABASES:
        found[kind] = measure(kind, arguments.races)
        REPORT.parent.mkdir(parents=True, exist_ok=True)
        REPORT.write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))
    return 1 if any(found[kind]["late"] for kind in DATABASES if kind in found) else 0


def measure(kind: str, races: int) -> dict[str, Any]:
    """Run the races on one database."""
    with progress_on(Console(stderr=True)) as progress, database_on(kind) as database:
        task = progress.add_task(f"{kind}: races", total=races)
        running, results, begun = PasswordRaces(database), [], time.monotonic()
        for _ in range(races):
            results.append(running.run())
            progress.advance(task)
        seconds = time.monotonic() - begun
    late = [late for race in results for late in race.late_ms]
    return {
        "races": races,
        "races_with_a_late_payment": sum(bool(race.late_ms) for race in results),
        "late": len(late),
        "latest_ms": round(max(late, default=0.0), 1),
        "approved": sum(race.approved for race in results),
        "declined": sum(race.declined for race in results),
        "seconds": round(seconds),
    }


@contextmanager
def database_on(kind: str) -> Iterator[Database]:
    """Yield a migrated database of its own, which ends with the block."""
    with ExitStack() as stack:
        url = new_database(stack, kind, new_directory(stack))
        migrate(url)
        database = Database(url)
        yield database
        database.engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
