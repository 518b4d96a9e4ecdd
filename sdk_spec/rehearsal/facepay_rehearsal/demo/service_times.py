"""What the service's own log says of a face payment: how long each of its steps took.

The rehearsal may read it because the service is its own; a terminal is told nothing of it. The
burst and the code are two requests, and a payment's time in the service is that of both. It counts
from the request's arrival in the application to its answer: what drawing the frames and sending
them took is not in it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

_LINE = re.compile(r"facepay\.timing request=\S+ view=(?P<view>\S+) (?P<times>.*)")
_TIME = re.compile(r"([a-z_.]+)=([0-9.]+)")
_FRAMES, _CODE = "faces.send_frames", "payments.send_second_factor"


@dataclass(frozen=True)
class ServiceTime:
    """Milliseconds of one face payment: of each request in all, and of its steps."""

    frames: float
    code: float
    steps: Mapping[str, tuple[float | None, float | None]]

    def entry(self) -> dict[str, object]:
        """For the report."""
        steps = {
            name: {"frames": frames, "code": code} for name, (frames, code) in self.steps.items()
        }
        total = round(self.frames + self.code, 1)
        return {"frames": self.frames, "code": self.code, "sum": total, "steps": steps}


class ServiceLog:
    """The log of a running service, from now on."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._begin = file.stat().st_size

    def face_payment(self) -> ServiceTime | None:
        """The last burst and the last code of this time; None where the log has not both."""
        with self._file.open(encoding="utf-8", errors="replace") as log:
            log.seek(self._begin)
            found = [match for line in log if (match := _LINE.search(line))]
        by_view = {match["view"]: _times(match["times"]) for match in found}
        if _FRAMES not in by_view or _CODE not in by_view:
            return None
        frames, code = by_view[_FRAMES], by_view[_CODE]
        names = [name for name in dict.fromkeys([*frames, *code]) if name != "total"]
        steps = {name: (frames.get(name), code.get(name)) for name in names}
        return ServiceTime(frames["total"], code["total"], steps)


def print_times(console: Console, times: ServiceTime) -> None:
    table = Table(box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    table.add_column("one face payment, in the service", no_wrap=True)
    for column in ("burst, ms", "code, ms"):
        table.add_column(column, justify="right", no_wrap=True)
    for name, spent in times.steps.items():
        *outer, own = name.split(".")
        table.add_row("  " * len(outer) + own.replace("_", " "), *map(_shown, spent))
    table.add_row("in all", *map(_shown, (times.frames, times.code)), style="bold")
    console.print(table)
    console.print(f"together {times.frames + times.code:.0f} ms", highlight=False)


def _times(text: str) -> dict[str, float]:
    return {name: float(milliseconds) for name, milliseconds in _TIME.findall(text)}


def _shown(milliseconds: float | None) -> str:
    return "" if milliseconds is None else f"{milliseconds:.1f}"
