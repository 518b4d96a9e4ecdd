"""The service's own times of one face payment, read from its log.

The demo can read the log because it started the service; a terminal never receives these times. A
payment by face has two requests, the burst and the code. Each is timed from its arrival in the
application to its answer, so rendering and sending the frames are not included.
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
    """Milliseconds of one face payment: the total of each request, and its stages.

    `stages` holds for each stage the times in the burst and in the code request.
    """

    frames: float
    code: float
    stages: Mapping[str, tuple[float | None, float | None]]

    def entry(self) -> dict[str, object]:
        """Return the times as `report.json` holds them."""
        stages = {
            name: {"frames": frames, "code": code} for name, (frames, code) in self.stages.items()
        }
        total = round(self.frames + self.code, 1)
        return {"frames": self.frames, "code": self.code, "sum": total, "steps": stages}


class ServiceLog:
    """The lines that a running service adds to its log after this object was made."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._begin = file.stat().st_size

    def face_payment(self) -> ServiceTime | None:
        """Return the times of the last burst and the last code; None if the log lacks one."""
        with self._file.open(encoding="utf-8", errors="replace") as log:
            log.seek(self._begin)
            found = [match for line in log if (match := _LINE.search(line))]
        by_view = {match["view"]: _times(match["times"]) for match in found}
        if _FRAMES not in by_view or _CODE not in by_view:
            return None
        frames, code = by_view[_FRAMES], by_view[_CODE]
        names = [name for name in dict.fromkeys([*frames, *code]) if name != "total"]
        stages = {name: (frames.get(name), code.get(name)) for name in names}
        return ServiceTime(frames["total"], code["total"], stages)


def print_times(console: Console, times: ServiceTime) -> None:
    """Print a table of the stages, and the time of the whole payment."""
    table = Table(box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    table.add_column("time in the service, one face payment", no_wrap=True)
    for column in ("burst, ms", "code, ms"):
        table.add_column(column, justify="right", no_wrap=True)
    for name, stage_times in times.stages.items():
        label = name.replace(".", ": ").replace("_", " ")  # a part of a stage names that stage
        table.add_row(label, *map(_format, stage_times))
    table.add_row("total", *map(_format, (times.frames, times.code)), style="bold")
    console.print(table)
    console.print(
        f"The service took {times.frames + times.code:.0f} ms for this payment.", highlight=False
    )


def _times(text: str) -> dict[str, float]:
    return {name: float(milliseconds) for name, milliseconds in _TIME.findall(text)}


def _format(milliseconds: float | None) -> str:
    return "" if milliseconds is None else f"{milliseconds:.1f}"
