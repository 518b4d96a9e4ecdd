"""The report of `make bench-pad` as tables: species by class, payers, milliseconds."""

from typing import Any

from rich.console import Console
from rich.table import Table

TARGETS = {"plain": 0.02, "demanding": 0.10, "hard": None}
BPCER_TARGET = 0.05


def show(report: dict[str, Any], console: Console) -> None:
    console.print(_species(report["species"], with_passive=report["passive"]))
    console.print(_genuine(report["genuine"], with_passive=report["passive"]))
    parts = ", ".join(f"{name} {ms}" for name, ms in report["ms_per_frame_of"].items())
    stills = report["passive_on_stills"]
    if stills is not None:
        console.print(
            f"passive nets on {stills['n']} photographs: lowest score {stills['quantiles'][0]}, "
            f"{stills['refused']} refused, {stills['unclear']} unclear"
        )
    console.print(f"{report['ms_per_frame']} ms of processor time a frame ({parts} by the clock)")


def _species(species: dict[str, Any], *, with_passive: bool) -> Table:
    table = Table("species", "class", "n", "APCER", "95 % bound", "IAPAR", "stopped by")
    if with_passive:
        table.add_column("with passive nets")
    order = list(TARGETS)
    for name, one in sorted(species.items(), key=lambda item: order.index(item[1]["class"])):
        target = TARGETS[one["class"]]
        met = target is None or one["apcer"] <= target
        stopped = ", ".join(f"{reason} {count}" for reason, count in _most(one["stopped_by"]))
        row = [
            name,
            one["class"],
            str(one["n"]),
            _share(one["apcer"], met=met),
            f"{one['upper95']:.1%}",
            f"{one['iapar']:.1%}",
            stopped,
        ]
        table.add_row(*row, *([f"{one['apcer_with_passive']:.1%}"] if with_passive else []))
    return table


def _genuine(genuine: dict[str, Any], *, with_passive: bool) -> Table:
    table = Table("payer", "n", "BPCER", "95 % bound", "not matched", "refused by")
    if with_passive:
        table.add_column("with passive nets")
    for name, one in genuine.items():
        row = [
            name,
            str(one["n"]),
            _share(one["bpcer"], met=one["bpcer"] <= BPCER_TARGET),
            f"{one['upper95']:.1%}",
            str(one["not_matched"]),
            ", ".join(f"{reason} {count}" for reason, count in _most(one["refused_by"])),
        ]
        table.add_row(*row, *([f"{one['bpcer_with_passive']:.1%}"] if with_passive else []))
    return table


def _share(share: float, *, met: bool) -> str:
    return f"{share:.1%}" if met else f"[red]{share:.1%}[/red]"


def _most(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: -item[1])[:4]
