"""Which pictures show whom: CSV in, checked rows out. It opens no picture.

    person,file            one row a picture; `file` lies in the folder of the pictures
    ann,ann/01.jpg
    ann,ann/02.jpg

    person,gender,age      optional: what people say of themselves, any columns; a band, not an age
    ann,female,30 to 39

Genuine comparisons are of one person's pictures, impostor comparisons of two persons': the names
need not be names, but one person under two of them would be counted as a stranger who passes. A
file may be listed once only: compared with itself it would flatter.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


class ListError(ValueError):
    """Rows that cannot be used, each told with its line."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        super().__init__(f"{path}: " + "; ".join(problems))
        self.path = path
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Listed:
    """`file` exists at the time of reading and lies inside the folder."""

    person: str
    file: Path
    line: int


def read_pictures(path: Path, folder: Path) -> list[Listed]:
    """Raises ListError with every bad row, not only the first."""
    inside = folder.resolve()
    listed: list[Listed] = []
    problems: list[str] = []
    seen: dict[Path, int] = {}
    for line, row in _rows(path, ("person", "file")):
        person, name = row["person"], row["file"]
        if not person or not name:
            problems.append(f"line {line}: person and file are both needed")
            continue
        file = _resolved(inside / name)
        if file is None:
            problems.append(f"line {line}: {name!r} names no file")
        elif not file.is_relative_to(inside):
            problems.append(f"line {line}: {name} lies outside of {folder}")
        elif not file.is_file():
            problems.append(f"line {line}: there is no file {name} in {folder}")
        elif file in seen:
            problems.append(f"line {line}: {name} is listed already, in line {seen[file]}")
        else:
            seen[file] = line
            listed.append(Listed(person, file, line))
    if problems or not listed:
        raise ListError(path, problems or ["no pictures are listed"])
    return listed


def _resolved(path: Path) -> Path | None:
    try:
        return path.resolve()
    except (ValueError, RuntimeError):  # a NUL in the name; a link that leads to itself
        return None


def read_groups(path: Path) -> dict[str, dict[str, str]]:
    """Person -> column -> value; empty cells are left out. Raises ListError."""
    groups: dict[str, dict[str, str]] = {}
    problems: list[str] = []
    for line, row in _rows(path, ("person",)):
        person = row.pop("person")
        if not person or person in groups:
            problems.append(
                f"line {line}: " + (f"{person} is listed already" if person else "person is needed")
            )
        groups[person] = {grouping: group for grouping, group in row.items() if group}
    if problems:
        raise ListError(path, problems)
    return groups


def _rows(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells, stripped, of each row that is not empty."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ListError(path, [error.strerror or "cannot be read"]) from None
    except UnicodeDecodeError:
        raise ListError(path, ["not UTF-8 text"]) from None
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if not set(needed) <= set(header) or len(set(header)) != len(header):
            raise ListError(path, [f"line 1: the columns {', '.join(needed)} are needed, once"])
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) != len(header):
                told = f"line {reader.line_num}: {len(cells)} cells instead of {len(header)}"
                raise ListError(path, [told])
            stripped = [cell.strip() for cell in cells]
            yield reader.line_num, dict(zip(header, stripped, strict=True))
    except csv.Error as error:
        raise ListError(path, [f"line {reader.line_num}: {error}"]) from None
