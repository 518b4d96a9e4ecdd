"""Read and check the CSV lists of pictures and groups, without opening a picture.

    person,file            one row a picture; `file` is in the folder of the pictures
    ann,ann/01.jpg
    ann,ann/02.jpg

    person,gender,age      optional: how people describe themselves, any columns; age as a band
    ann,female,30 to 39

Pictures of one person make genuine comparisons, pictures of two persons impostor comparisons.
`person` may be any identifier, but each person needs exactly one: a person with two would be
counted as a false match. A file may be listed once only, because it always matches itself.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


class ListError(ValueError):
    """Signal rows that cannot be used; `problems` has one text for each, with its line."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        super().__init__(f"{path}: " + "; ".join(problems))
        self.path = path
        self.problems = problems


@dataclass(frozen=True, slots=True)
class ListedPicture:
    """One row; `file` existed when it was read and is inside the folder."""

    person: str
    file: Path
    line: int


def read_pictures(path: Path, folder: Path) -> list[ListedPicture]:
    """Read the list of pictures in `folder`. Raises ListError, which names every bad row."""
    inside = folder.resolve()
    listed: list[ListedPicture] = []
    problems: list[str] = []
    seen: dict[Path, int] = {}
    for line, row in _rows(path, ("person", "file")):
        person, name = row["person"], row["file"]
        if not person or not name:
            problems.append(f"line {line}: give both person and file")
            continue
        file = _resolved(inside / name)
        if file is None:
            problems.append(f"line {line}: {name!r} is not a file name")
        elif not file.is_relative_to(inside):
            problems.append(f"line {line}: {name} is outside of {folder}")
        elif not file.is_file():
            problems.append(f"line {line}: there is no file {name} in {folder}")
        elif file in seen:
            problems.append(f"line {line}: {name} is listed already, in line {seen[file]}")
        else:
            seen[file] = line
            listed.append(ListedPicture(person, file, line))
    if problems or not listed:
        raise ListError(path, problems or ["the list has no pictures"])
    return listed


def _resolved(path: Path) -> Path | None:
    try:
        return path.resolve()
    except (ValueError, RuntimeError):  # a NUL in the name; a circular link
        return None


def read_groups(path: Path) -> dict[str, dict[str, str]]:
    """Read person -> column -> value, without empty cells. Raises ListError."""
    groups: dict[str, dict[str, str]] = {}
    problems: list[str] = []
    for line, row in _rows(path, ("person",)):
        person = row.pop("person")
        if not person or person in groups:
            problems.append(
                f"line {line}: " + (f"{person} is listed already" if person else "give a person")
            )
        groups[person] = {grouping: group for grouping, group in row.items() if group}
    if problems:
        raise ListError(path, problems)
    return groups


def _rows(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line number and the stripped cells of each row that is not empty."""
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
            raise ListError(
                path, [f"line 1: give the columns {', '.join(needed)}, and each column once"]
            )
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) != len(header):
                problem = f"line {reader.line_num}: {len(cells)} cells instead of {len(header)}"
                raise ListError(path, [problem])
            stripped = [cell.strip() for cell in cells]
            yield reader.line_num, dict(zip(header, stripped, strict=True))
    except csv.Error as error:
        raise ListError(path, [f"line {reader.line_num}: {error}"]) from None
