"""Size limits: modules of 300 lines, functions of 40, views of 15.

A function's lines run from `def` to its last line, without decorators and docstring. Exemptions
stand in exemptions.toml, each with its reason; an exemption that is no longer needed is an error.
"""

import ast
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.checks.source import Function, Source

MODULE_LINES = 300
FUNCTION_LINES = 40
VIEW_LINES = 15
EXEMPTIONS = Path(__file__).with_name("exemptions.toml")
_VIEWS = "service/facepay/web/"
_ROUTES = {"get", "post", "put", "patch", "delete", "route"}


def check_limits(sources: Sequence[Source], exempt: dict[str, str]) -> Iterator[str]:
    """Yield one line for each file, function or view that is too long, and for idle exemptions."""
    found = {place: problem for source in sources for place, problem in _too_long(source)}
    yield from (problem for place, problem in found.items() if place not in exempt)
    for place in exempt.keys() - found.keys():
        yield f"{place}: exempted in {EXEMPTIONS.name}, and within the limits: remove the exemption"


def read_exemptions(file: Path = EXEMPTIONS) -> dict[str, str]:
    """Return the reasons by place: "path" for a module, "path::function" for a function."""
    return dict(tomllib.loads(file.read_text(encoding="utf-8"))["too_long"])


def _too_long(source: Source) -> Iterator[tuple[str, str]]:
    if source.lines > MODULE_LINES:
        yield source.path, f"{source.path}: {source.lines} lines; {MODULE_LINES} are allowed"
    for name, function in source.functions():
        limit = VIEW_LINES if _is_view(source, function) else FUNCTION_LINES
        lines = _lines_of(function)
        if lines > limit:
            place = f"{source.path}::{name}"
            where = f"{source.path}:{function.lineno}"
            yield place, f"{where}: {name} has {lines} lines; {limit} are allowed"


def _lines_of(function: Function) -> int:
    last = function.end_lineno or function.lineno
    docstring = function.body[0] if ast.get_docstring(function) is not None else None
    of_docstring = docstring.end_lineno - docstring.lineno + 1 if docstring else 0  # type: ignore[operator]
    return last - function.lineno + 1 - of_docstring


def _is_view(source: Source, function: Function) -> bool:
    return source.path.startswith(_VIEWS) and any(
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in _ROUTES
        for call in function.decorator_list
    )
