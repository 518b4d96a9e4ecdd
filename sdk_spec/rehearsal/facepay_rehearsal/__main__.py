"""`python -m facepay_rehearsal`, `make demo`: the whole walk over HTTP, and a report.

Ends with 0 only when every step came out as expected. In a terminal the service then stays up to
be looked at, until Ctrl-C or SIGTERM; otherwise nothing is left running.
"""

import signal
import sys
import time
from pathlib import Path
from types import FrameType

from rich.console import Console

from facepay_rehearsal.demo.environment import DirectoryTaken, Environment
from facepay_rehearsal.demo.report import (
    StepResult,
    all_ok,
    print_line,
    print_table,
    write_report,
)
from facepay_rehearsal.demo.service_times import print_times
from facepay_rehearsal.demo.steps import Walk
from facepay_rehearsal.demo.story import STEPS

DIRECTORY = Path("var/demo")
POLL = 0.2  # seconds


def main() -> int:
    console = Console()
    signal.signal(signal.SIGTERM, _stop)
    try:
        with Environment(DIRECTORY) as environment:
            ok = _rehearse(console, environment)
            if ok and sys.stdout.isatty():
                _stay_up(console, environment)
    except DirectoryTaken as error:
        console.print(str(error), style="red", markup=False)
        return 1
    except KeyboardInterrupt:
        console.print("stopped")
        return 130
    return 0 if ok else 1


def _rehearse(console: Console, environment: Environment) -> bool:
    walk, results = Walk(environment), list[StepResult]()
    console.print(f"facepay rehearsal: {len(STEPS)} steps over HTTP, stage {environment.directory}")
    upcoming = iter(STEPS)
    with console.status(f"{next(upcoming).name} …") as status:
        for result in walk.run(STEPS):
            results.append(result)
            print_line(console, result)
            if (following := next(upcoming, None)) is not None:
                status.update(f"{following.name} …")
    print_table(console, results)
    for result in results:
        if result.spent is not None:
            print_times(console, result.spent)
    report = write_report(environment.directory, results, walk.actors.camera.recipes)
    console.print(f"report: {report}; logs: {environment.directory}", highlight=False)
    return all_ok(results)


def _stay_up(console: Console, environment: Environment) -> None:
    """Until a signal, or until the service is gone."""
    for what, where in (
        ("service", environment.url),
        ("signing keys", f"{environment.url}/.well-known/jwks.json"),
        ("log", f"{environment.url}/v1/log/leaves"),
        ("log's end", f"{environment.url}/v1/log/checkpoint"),
        ("stop it", "Ctrl-C"),
    ):
        console.print(f"  {what:<13} {where}", highlight=False)
    try:
        while environment.running:
            time.sleep(POLL)
    except KeyboardInterrupt:
        console.print("stopping")


def _stop(number: int, frame: FrameType | None) -> None:
    """SIGTERM ends the rehearsal the way Ctrl-C does: the stage is left, its child stopped."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
