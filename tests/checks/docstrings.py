"""Required docstrings: where a reader arrives from outside a file, it says what to expect.

Required on every module, every method of a port, every use case that the web layer or the console
calls, every public function and method of the client, and every console command. A docstring that
only repeats the words of the name is an error as well. ruff's D rules check the form.
"""

import ast
import re
from collections.abc import Iterator, Sequence

from tests.checks.source import Function, Source

PORTS = "service/facepay/ports.py"
USE_CASES = "facepay.usecases"
CALLERS = ("service/facepay/web/", "service/facepay/console/", "service/facepay/cli.py")
CLIENT = "sdk_spec/clients/python/facepay_client/"
_FILLERS = frozenset(
    {"a", "an", "and", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"}
)

Named = Function | ast.ClassDef | ast.Module


def check_docstrings(sources: Sequence[Source]) -> Iterator[str]:
    """Yield one line for each docstring that is missing or says nothing."""
    called = set(_called_use_cases(sources))
    for source in sources:
        yield from _of_module(source)
        for name, function in source.functions():
            if _is_required(source, name, function, called) and not ast.get_docstring(function):
                yield f"{source.path}:{function.lineno}: {name} needs a docstring"
            if _only_repeats(name.rpartition(".")[2], ast.get_docstring(function)):
                yield f"{source.path}:{function.lineno}: the docstring of {name} repeats its name"


def _of_module(source: Source) -> Iterator[str]:
    empty = not source.text.strip()
    if not empty and not ast.get_docstring(source.tree):
        yield f"{source.path}:1: the module needs a docstring"


def _is_required(
    source: Source, name: str, function: Function, called: set[tuple[str, str]]
) -> bool:
    public = not any(part.startswith("_") for part in name.split("."))
    nested_in_function = name.count(".") > 1
    if source.path == PORTS:
        return public and "." in name
    if source.path.startswith(CLIENT):
        return public and not nested_in_function and not _is_trivial_property(function)
    if (_module_of(source.path), name) in called:
        return True
    return _is_console_command(function)


def _called_use_cases(sources: Sequence[Source]) -> Iterator[tuple[str, str]]:
    """Yield (module, function) of every use case that a view or a console command imports."""
    for source in sources:
        if not source.path.startswith(CALLERS):
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(USE_CASES):
                yield from ((node.module or "", alias.name) for alias in node.names)


def _is_console_command(function: Function) -> bool:
    return any(
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("command", "group")
        for call in function.decorator_list
    )


def _is_trivial_property(function: Function) -> bool:
    """Return whether this is a property of one line, whose name says all."""
    is_property = any(
        isinstance(each, ast.Name) and each.id == "property" for each in function.decorator_list
    )
    return is_property and len(function.body) == 1


def _only_repeats(name: str, docstring: str | None) -> bool:
    if not docstring:
        return False
    said = {_stem(word) for word in re.findall(r"[a-z]+", docstring.lower())} - _FILLERS
    return bool(said) and said <= {_stem(word) for word in name.lower().split("_")}


def _stem(word: str) -> str:
    return word.rstrip("s")


def _module_of(path: str) -> str:
    inside = path.removeprefix("service/").removeprefix("sdk_spec/clients/python/")
    return inside.removesuffix(".py").replace("/", ".")
