"""Search every file under a directory for frames, embeddings and picture headers.

`python -m facepay_rehearsal.demo.leak_scan DIRECTORY` renders the bursts of each `report.json`
below DIRECTORY again, and searches for their leak patterns. The exit status is 0 when it found
nothing, 1 when it found something, and 2 when there was no report. A finding names file and kind,
never the bytes. A file that cannot be read is a finding.

Files are read in chunks that overlap, so that large files need little memory.
"""

import os
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from facepay_rehearsal.camera import Recipe
from facepay_rehearsal.demo.leak_patterns import WINDOW, LeakPattern, burst_patterns, unique
from facepay_rehearsal.demo.report import REPORT_FILE, read_recipes

CHUNK = 4 * 1024 * 1024
_HEADERS = re.compile(rb"\xff\xd8\xff(?:\xe0..JFIF|\xe1..Exif)\x00|RIFF....WEBPVP8", re.DOTALL)
_HASH_BITS = 24
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)

Progressed = Callable[[int], None]


@dataclass(frozen=True, order=True)
class Finding:
    """A kind of data in a file; `file` is relative to the searched directory."""

    file: str
    kind: str


class PatternIndex:
    """An index of patterns, with which one pass over a file finds all of them."""

    def __init__(self, patterns: Iterable[LeakPattern]) -> None:
        self.longest = WINDOW
        self._by_start: dict[bytes, list[LeakPattern]] = {}
        # One flag for each hash of eight bytes: it rules out most places of a file.
        self._starts = np.zeros(1 << _HASH_BITS, dtype=np.bool_)
        for pattern in unique(patterns):
            if len(pattern.bytes) < WINDOW:
                raise ValueError(f"a pattern has at least {WINDOW} bytes")
            self._by_start.setdefault(pattern.bytes[:WINDOW], []).append(pattern)
            self.longest = max(self.longest, len(pattern.bytes))
        starts = np.frombuffer(b"".join(start[:8] for start in self._by_start), dtype="<u8")
        self._starts[_hashed(starts)] = True

    def __len__(self) -> int:
        return len(self._by_start)

    def kinds_in(self, chunk: bytes) -> set[str]:
        """Return the kinds of all patterns that are completely in `chunk`."""
        kinds = {"picture header"} if _HEADERS.search(chunk) else set()
        for shift in range(8):
            count = (len(chunk) - shift) // 8
            if count <= 0:
                break
            words = np.frombuffer(chunk, dtype="<u8", offset=shift, count=count)
            for word in np.flatnonzero(self._starts[_hashed(words)]):
                at = shift + 8 * int(word)
                for pattern in self._by_start.get(chunk[at : at + WINDOW], ()):
                    if chunk.startswith(pattern.bytes, at):
                        kinds.add(pattern.kind)
        return kinds


def scan(
    directory: Path, patterns: Iterable[LeakPattern], progressed: Progressed | None = None
) -> list[Finding]:
    """Return every finding under `directory`, in order.

    `progressed` is called with the number of bytes of each chunk.

    Raises NotADirectoryError: a missing directory must not count as clean.
    """
    if not directory.is_dir():
        raise NotADirectoryError(directory)
    index = PatternIndex(patterns)
    findings: set[Finding] = set()
    for path in files_under(directory):
        name = str(path.relative_to(directory))
        try:
            with path.open("rb") as file:
                kinds = _kinds_in_file(file, index, progressed)
        except FileNotFoundError:
            continue  # a running service removes some of its files
        except OSError:
            kinds = {"unreadable"}
        findings |= {Finding(name, kind) for kind in kinds}
    return sorted(findings)


def files_under(directory: Path) -> Iterator[Path]:
    """Yield regular files, hidden ones too. It follows no links, so it stays in `directory`."""
    for place, _, names in os.walk(directory, onerror=_refuse):
        for name in sorted(names):
            path = Path(place) / name
            try:
                mode = path.lstat().st_mode
            except FileNotFoundError:
                continue
            if stat.S_ISREG(mode):
                yield path


def main(arguments: list[str]) -> int:
    """Search the directory in `arguments` and print each finding; return the exit status."""
    console = Console()
    if len(arguments) != 1:
        console.print("usage: python -m facepay_rehearsal.demo.leak_scan DIRECTORY")
        return 2
    directory = Path(arguments[0])
    recipes = _recipes_below(directory)
    if not recipes:
        console.print(f"{directory} has no report of a demo. Run `make demo` first.")
        return 2
    with Progress(console=console, transient=True) as progress:
        total = sum(path.stat().st_size for path in files_under(directory))
        render = progress.add_task("rendering the bursts", total=len(recipes))
        read = progress.add_task("searching", total=total)

        def patterns() -> Iterator[LeakPattern]:
            for recipe in recipes:
                yield from burst_patterns(recipe.shots())
                progress.advance(render)

        findings = scan(directory, patterns(), lambda count: progress.advance(read, count))
    for finding in findings:
        console.print(f"{finding.file}: {finding.kind}", style="red", markup=False)
    console.print(f"{len(findings)} findings of {len(recipes)} bursts in {total / 1e6:.1f} MB")
    return 1 if findings else 0


def _recipes_below(directory: Path) -> list[Recipe]:
    if not directory.is_dir():
        return []
    return [
        recipe
        for path in files_under(directory)
        if path.name == REPORT_FILE
        for recipe in read_recipes(path)
    ]


def _kinds_in_file(file: BinaryIO, index: PatternIndex, progressed: Progressed | None) -> set[str]:
    kinds: set[str] = set()
    before = b""
    while chunk := file.read(CHUNK):
        kinds |= index.kinds_in(before + chunk)
        # Keep one byte less than the longest pattern, to find patterns across two chunks.
        before = (before + chunk)[-(index.longest - 1) :]
        if progressed is not None:
            progressed(len(chunk))
    return kinds


def _hashed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed: NDArray[np.uint64] = (words * _MULTIPLIER) >> np.uint64(64 - _HASH_BITS)
    return mixed


def _refuse(error: OSError) -> None:
    """Raise for a directory that cannot be listed; one that was removed meanwhile is fine."""
    if not isinstance(error, FileNotFoundError):
        raise error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
