"""Run the demo: `python -m facepay_rehearsal`, or `make demo`.

The exit status is 0 only if every step had the expected result. In a terminal the service then
keeps running until Ctrl-C or SIGTERM; otherwise nothing keeps running.
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
    print_summary,
    print_table,
    write_report,
)
from facepay_rehearsal.demo.service_times import print_times
from facepay_rehearsal.demo.steps import DemoRun
from facepay_rehearsal.demo.story import STEPS

DIRECTORY = Path("var/demo")
POLL = 0.2  # seconds


def main() -> int:
    """Run the demo and return its exit status."""
    console = Console()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with Environment(DIRECTORY) as environment:
            ok = _run_demo(console, environment)
            if ok and sys.stdout.isatty():
                _keep_running(console, environment)
    except DirectoryTaken as error:
        console.print(str(error), style="red", markup=False)
        return 1
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 130
    return 0 if ok else 1


def _run_demo(console: Console, environment: Environment) -> bool:
    run, results = DemoRun(environment), list[StepResult]()
    console.print("facepay demo: a customer, a shop and attackers, over HTTP,")
    console.print(f"against a real service and a real OpenBao. It takes {len(STEPS)} steps.\n")
    with console.status("") as status:
        for number, step in enumerate(STEPS, start=1):
            status.update(f"{number}/{len(STEPS)} {step.title}")
            result = run.run_step(step)
            results.append(result)
            print_line(console, result, f"{number:2}/{len(STEPS)} {step.title}")
    print_table(console, results)
    for result in results:
        if result.service_time is not None:
            print_times(console, result.service_time)
    report = write_report(environment.directory, results, run.actors.camera.recipes)
    print_summary(console, results, report)
    return all_ok(results)


def _keep_running(console: Console, environment: Environment) -> None:
    """Wait for a signal, or for the end of the service."""
    console.print("\nThe service is still running. You can open:")
    for name, address in (
        ("service", environment.url),
        ("signing keys", f"{environment.url}/.well-known/jwks.json"),
        ("audit log", f"{environment.url}/v1/log/leaves"),
        ("checkpoint", f"{environment.url}/v1/log/checkpoint"),
    ):
        console.print(f"  {name:<13} {address}", highlight=False)
    console.print("Press Ctrl-C to stop it.")
    try:
        while environment.running:
            time.sleep(POLL)
    except KeyboardInterrupt:
        console.print("Stopping …")


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Let SIGTERM end the demo as Ctrl-C does, so that the service is stopped as well."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
