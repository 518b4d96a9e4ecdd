"""Read and check the numbers of thresholds.toml; an incomplete file stops the start."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

_Part = TypeVar("_Part")
_LARGEST = 1000.0


class ThresholdsError(ValueError):
    """The file is incomplete or malformed; the message names the field."""


@dataclass(frozen=True, slots=True)
class Report:
    """Bench and data that gave the numbers."""

    bench: str
    data: str


@dataclass(frozen=True, slots=True)
class Sanity:
    most_repeated_frames: float
    least_change: float
    least_share_differing: float
    least_share_with_face: float
    least_frames_a_step: float


@dataclass(frozen=True, slots=True)
class Compliance:
    turn: float
    pitch: float
    nose: float
    closer: float
    begun: float
    from_rest: float
    hold_frontal: float
    hold_steady: float


@dataclass(frozen=True, slots=True)
class Light:
    correlation: float
    amplitude: float
    odds: float
    colour_change: float


@dataclass(frozen=True, slots=True)
class Reflection:
    pane: float
    behind: float


@dataclass(frozen=True, slots=True)
class Depth:
    residual: float
    relief: float
    bent: float


@dataclass(frozen=True, slots=True)
class Cover:
    differs: float
    plain: float


@dataclass(frozen=True, slots=True)
class Passive:
    attack_below: float
    pass_from: float


@dataclass(frozen=True, slots=True)
class Identity:
    turned: float
    turned_from: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Content of thresholds.toml, whose comments define each number."""

    version: str
    report: Report
    sanity: Sanity
    compliance: Compliance
    light: Light
    reflection: Reflection
    depth: Depth
    cover: Cover
    passive: Passive
    identity: Identity


@cache
def thresholds() -> Thresholds:
    """Return the numbers that ship with this version. Raises ThresholdsError."""
    shipped = files("facepay.face.pad") / "thresholds.toml"
    return parse_thresholds(shipped.read_text(encoding="utf-8"))


def parse_thresholds(text: str) -> Thresholds:
    """Parse the text of a thresholds file. Raises ThresholdsError."""
    try:
        table = tomllib.loads(text)
    except ValueError as error:
        raise ThresholdsError(f"not TOML: {error}") from None
    return _read(Thresholds, table, "")


def _read(kind: type[_Part], table: Mapping[str, Any], where: str) -> _Part:
    """Read all fields and no others: numbers from 0 up, non-empty texts, or nested parts."""
    known = {field.name: field.type for field in fields(kind)}  # type: ignore[arg-type]
    for name in table.keys() ^ known.keys():
        raise ThresholdsError(f"{where}{name}: missing, or not a field")
    values: dict[str, Any] = {}
    for name, wanted in known.items():
        found = table[name]
        if wanted is float:
            sound = type(found) in (int, float) and 0 <= found <= _LARGEST
            values[name] = float(found) if sound else None
        elif wanted is str:
            values[name] = found if isinstance(found, str) and found.strip() else None
        else:
            values[name] = (
                _read(wanted, found, f"{where}{name}.")  # type: ignore[arg-type]
                if isinstance(found, dict)
                else None
            )
        if values[name] is None:
            raise ThresholdsError(f"{where}{name}: not what belongs there")
    return kind(**values)
