"""Search every file under a directory for what must not be left behind.

`python -m facepay_rehearsal.demo.leak_scan DIRECTORY` rebuilds the leak patterns from the
`report.json` files below DIRECTORY. It exits with 0 when it searched and found nothing, with 1 when
it found something, with 2 when there was nothing to compare with. It always looks for picture
headers. A finding names file and kind, never the bytes. A file that cannot be read is a finding.

Files are read in chunks that overlap; memory stays small whatever their size.
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
    """`file` is relative to the directory that was searched."""

    file: str
    kind: str


class PatternIndex:
    """The needles, arranged so that a file is gone through once for all of them."""

    def __init__(self, patterns: Iterable[LeakPattern]) -> None:
        self.longest = WINDOW
        self._by_start: dict[bytes, list[LeakPattern]] = {}
        # One bit for each hash of eight bytes: most places of a file are dismissed by it alone.
        self._starts = np.zeros(1 << _HASH_BITS, dtype=np.bool_)
        for pattern in unique(patterns):
            if len(pattern.bytes) < WINDOW:
                raise ValueError(f"a needle has at least {WINDOW} bytes")
            self._by_start.setdefault(pattern.bytes[:WINDOW], []).append(pattern)
            self.longest = max(self.longest, len(pattern.bytes))
        starts = np.frombuffer(b"".join(start[:8] for start in self._by_start), dtype="<u8")
        self._starts[_hashed(starts)] = True

    def __len__(self) -> int:
        return len(self._by_start)

    def kinds_in(self, chunk: bytes) -> set[str]:
        """The kinds of all needles that lie in these bytes as a whole."""
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
    """Every finding under `directory`, in order. `progressed` is told how many bytes were read.

    Raises NotADirectoryError: what is not there cannot be called clean.
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
            continue  # a running service removes files of its own
        except OSError:
            kinds = {"unreadable"}
        findings |= {Finding(name, kind) for kind in kinds}
    return sorted(findings)


def files_under(directory: Path) -> Iterator[Path]:
    """Regular files, hidden ones too; links are not followed, so nothing outside is searched."""
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
    console = Console()
    if len(arguments) != 1:
        console.print("usage: python -m facepay_rehearsal.demo.leak_scan DIRECTORY")
        return 2
    directory = Path(arguments[0])
    recipes = _recipes_below(directory)
    if not recipes:
        console.print(f"{directory} has no report of a rehearsal: run `make demo` first")
        return 2
    with Progress(console=console, transient=True) as progress:
        total = sum(path.stat().st_size for path in files_under(directory))
        render = progress.add_task("rendering what was shown", total=len(recipes))
        read = progress.add_task("searching", total=total)

        def patterns() -> Iterator[LeakPattern]:
            for recipe in recipes:
                yield from burst_patterns(recipe.shots())
                progress.advance(render)

        findings = scan(directory, patterns(), lambda count: progress.advance(read, count))
    for finding in findings:
        console.print(f"{finding.file}: {finding.kind}", style="red", markup=False)
    console.print(f"{len(findings)} findings in {total / 1e6:.1f} MB, {len(recipes)} bursts sought")
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
        # Enough of the end to complete a needle, and no more, so none is missed at the seam.
        before = (before + chunk)[-(index.longest - 1) :]
        if progressed is not None:
            progressed(len(chunk))
    return kinds


def _hashed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed: NDArray[np.uint64] = (words * _MULTIPLIER) >> np.uint64(64 - _HASH_BITS)
    return mixed


def _refuse(error: OSError) -> None:
    """A directory that cannot be listed cannot be called clean; one that is gone can."""
    if not isinstance(error, FileNotFoundError):
        raise error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
