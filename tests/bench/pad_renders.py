"""Rendered captures for the liveness bench: made once, kept under var/bench/pad, resumed.

People are from the London set (../shared/data), spread over its groups: one half to choose
thresholds by, the other to report with. A capture is named by its species, person, seed and the
version of the code that draws it (the modules that the species imports; support/renders.py). Its
challenge is drawn from the same words. Only JPEGs and the SDK's records of them are kept.

    python -m tests.bench.pad_renders [NAME ...] [--people 24] [--workers 2] [--prune]
"""

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from facepay_rehearsal.attacks.others import a_challenge
from facepay_rehearsal.renderer.portraits import Portrait, photograph
from facepay_rehearsal.renderer.shots import FixedChallenge, Shot
from facepay_rehearsal.species import GENUINE, SPECIES, Maker
from tests.support import renders

LONDON = Path("../shared/data/london")
KEPT = Path("var/bench/pad")
PEOPLE = 24
SEEDS = (1, 2)
_LOOKED_AT = 40  # people whose captures the thresholds were chosen by


@dataclass(frozen=True, slots=True)
class Person:
    """`half` is "choose" or "report"; `stranger` is the number of another person of that half."""

    number: str
    gender: str
    group: str
    half: str
    stranger: str


@dataclass(frozen=True, slots=True)
class Task:
    """One capture to render; `name` is a species or a variant."""

    name: str
    person: Person
    seed: int

    @property
    def file(self) -> Path:
        return KEPT / self.name / f"{self.person.number}-{self.seed}-{version(self.name)}.zip"

    @property
    def words(self) -> int:
        """A number from the task's words, for challenge and pictures."""
        text = f"{self.name}/{self.person.number}/{self.seed}"
        return int.from_bytes(sha256(text.encode()).digest()[:6], "big")

    def challenge(self) -> FixedChallenge:
        return a_challenge(np.random.default_rng([self.words, 1]), lit=self.name != "no_light")


@dataclass(frozen=True, slots=True)
class Capture:
    """A capture to judge, as if it had been sent; `cls` is plain, demanding, hard or genuine."""

    task: Task
    cls: str
    challenge: FixedChallenge
    shots: list[Shot]


def captures(tasks: Iterable[Task]) -> Iterator[Capture]:
    """Read what was rendered. Raises FileNotFoundError where it was not."""
    for task in tasks:
        cls = SPECIES[task.name].cls if task.name in SPECIES else "genuine"
        yield Capture(task, cls, task.challenge(), renders.read(task.file))


def tasks_of(names: Sequence[str] = (), people: int = PEOPLE) -> list[Task]:
    """List all species and variants, or some, over `people` people and both seeds."""
    chosen = some_people(people)
    return [
        Task(name, person, seed)
        for name in names or (*GENUINE, *SPECIES)
        for person in chosen
        for seed in SEEDS
    ]


@cache
def some_people(count: int) -> tuple[Person, ...]:
    """Choose `count` people, half for thresholds and half for the report.

    People for thresholds are among those whose captures were already looked at for that; the others
    are among everybody else. Each half takes one from each gender and group in turn.
    """
    with (LONDON / "people.csv").open(newline="") as opened:
        rows = sorted(csv.DictReader(opened), key=lambda row: row["face_id"])
    known = [one for parity in (1, 0) for one in _spread(rows[parity::2], _LOOKED_AT // 2)]
    numbers = {number for number, *_ in known}
    unknown = [row for row in rows if row["face_id"] not in numbers]
    chosen = {"choose": known[: count // 2], "report": _spread(unknown, (count + 1) // 2)}
    picked = [one for half in chosen.values() for one in half]
    halves = {number: half for half, people in chosen.items() for number, *_ in people}
    return tuple(
        Person(number, gender, group, halves[number], _other(number, gender, picked, halves))
        for number, group, gender in sorted(picked)
    )


def _spread(rows: Sequence[dict[str, str]], count: int) -> list[tuple[str, str, str]]:
    """Return number, group and gender of `count` people, or of all where there are fewer."""
    by_group: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        by_group.setdefault((row["face_eth"], row["face_gender"]), []).append(row["face_id"])
    picked: list[tuple[str, str, str]] = []
    while len(picked) < count and any(by_group.values()):
        for group in sorted(by_group):
            if by_group[group] and len(picked) < count:
                picked.append((by_group[group].pop(0), *group))
    return picked


def _other(
    number: str, gender: str, picked: list[tuple[str, str, str]], halves: dict[str, str]
) -> str:
    """Choose the next person of the same gender and half, the most similar one."""
    alike = sorted(one for one, _, its in picked if its == gender and halves[one] == halves[number])
    return alike[(alike.index(number) + 1) % len(alike)]


def render(tasks: Sequence[Task], workers: int, console: Console) -> None:
    """Render the missing captures. May be stopped at any time, and started again."""
    missing = [task for task in tasks if not task.file.exists()]
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        bar = progress.add_task("rendering captures", total=len(tasks))
        progress.advance(bar, len(tasks) - len(missing))
        # Person by person, so that each portrait is laid out once in each worker.
        missing.sort(key=lambda task: task.person.number)
        with ProcessPoolExecutor(workers, initializer=_one_thread) as pool:
            for name in pool.map(_make, missing, chunksize=4):
                progress.update(bar, advance=1, description=f"rendering {name}")


def _one_thread() -> None:
    cv2.setNumThreads(1)


def _make(task: Task) -> str:
    if not task.file.exists():
        source = replace(_portrait(task.person.number), stranger=_portrait(task.person.stranger))
        renders.write(task.file, _maker(task.name)(source, task.challenge(), task.words))
    return task.name


@cache
def _portrait(number: str) -> Portrait:
    return photograph(number, LONDON / "neutral" / f"{number}.jpg")


def _maker(name: str) -> Maker:
    return SPECIES[name].make if name in SPECIES else GENUINE[name]


@cache
def version(name: str) -> str:
    """Return the version of the code that draws this species."""
    return renders.version(_maker(name).__module__)


def prune(tasks: Sequence[Task]) -> int:
    """Remove the renders of other versions; return the number of files."""
    wanted = {task.file for task in tasks}
    old = [file for file in KEPT.glob("*/*") if file not in wanted]
    for file in old:
        file.unlink()
    return len(old)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description="Render captures for the liveness bench.")
    parser.add_argument("names", nargs="*", help="species or variants; all without")
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--prune", action="store_true", help="remove what older code rendered")
    chosen = parser.parse_args(arguments)
    console = Console()
    if chosen.prune:
        console.print(f"{prune(tasks_of())} files of older versions removed")
    tasks = tasks_of(chosen.names, chosen.people)
    render(tasks, chosen.workers, console)
    size = sum(task.file.stat().st_size for task in tasks) / 1e6
    console.print(f"{len(tasks)} captures, {size:.0f} MB, in {KEPT}")


if __name__ == "__main__":
    main(sys.argv[1:])
