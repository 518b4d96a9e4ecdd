"""Find a drawn place again in another state of the source, and change it there.

`ported.json` says by a mutation's id where its place is now. What it leaves out is as drawn. Where
the code was written anew, `text` holds the old and the new text instead of a place.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.mutation.sites import sites

DRAWN = Path(__file__).with_name("drawn.json")
PORTED = Path(__file__).with_name("ported.json")


class NotFound(LookupError):
    """The place of a mutation is not where the record says; the message names the mutation."""


@dataclass(frozen=True)
class Mutant:
    """A mutation in one state of the source: the file, its new text, and the lines it touches."""

    id: str
    folder: str
    file: str
    lines: range
    before: str
    after: str
    source: str


def drawn() -> list[dict[str, Any]]:
    mutations: list[dict[str, Any]] = json.loads(DRAWN.read_text())["mutations"]
    return mutations


def ported() -> list[dict[str, Any]]:
    """Read the drawn mutations, each with its present place from `ported.json`."""
    moved = json.loads(PORTED.read_text()) if PORTED.exists() else {}
    return [record | moved.get(record["id"], {}) for record in drawn()]


def find(record: dict[str, Any], root: Path) -> Mutant:
    """Find the mutant that a record describes in the source below `root`. Raises NotFound."""
    path = root / record["file"]
    if not path.exists():
        raise NotFound(f"{record['id']}: there is no {record['file']}")
    source = path.read_text()
    return _by_text(record, source) if "text" in record else _by_place(record, source)


def _by_place(record: dict[str, Any], source: str) -> Mutant:
    wanted = (record["function"], record["operator"], record["nth"])
    for site in sites(source):
        if (site.function, site.operator, site.nth) == wanted:
            break
    else:
        raise NotFound(f"{record['id']}: no {wanted} in {record['file']}")
    if (site.before, site.after) != (record["before"], record["after"]):
        raise NotFound(f"{record['id']}: {wanted} is another place now: {site.before}")
    lines = range(site.line, (site.change.node.end_lineno or site.line) + 1)
    return _mutant(record, lines, site.before, site.after, site.applied(source))


def _by_text(record: dict[str, Any], source: str) -> Mutant:
    old, new = record["text"]
    if source.count(old) != 1:
        raise NotFound(f"{record['id']}: its text is in {record['file']} {source.count(old)} times")
    first = source[: source.index(old)].count("\n") + 1
    lines = range(first, first + old.count("\n") + 1)
    return _mutant(record, lines, old, new, source.replace(old, new))


def _mutant(record: dict[str, Any], lines: range, before: str, after: str, source: str) -> Mutant:
    return Mutant(record["id"], record["folder"], record["file"], lines, before, after, source)
