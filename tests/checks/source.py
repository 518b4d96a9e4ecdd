"""The Python files of the repository, parsed once."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FOLDERS = ("service", "sdk_spec", "tests", "docs", "infra")
MIGRATIONS = "service/facepay/adapters/migrations/versions/"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One file; `path` is relative to the repository, with slashes."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def lines(self) -> int:
        return self.text.count("\n")

    def functions(self) -> Iterator[tuple[str, Function]]:
        """Yield every function and method with its qualified name, nested ones included."""
        yield from _functions(self.tree, "")


def read_sources(repository: Path) -> list[Source]:
    """Read every Python file of the repository but migrations, which are never changed again."""
    files = sorted(file for folder in FOLDERS for file in (repository / folder).rglob("*.py"))
    paths = [(file.relative_to(repository).as_posix(), file) for file in files]
    return [
        Source(path, file.read_text(encoding="utf-8"))
        for path, file in paths
        if not path.startswith(MIGRATIONS)
    ]


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            yield prefix + child.name, child
        named = isinstance(child, Function | ast.ClassDef)
        yield from _functions(child, f"{prefix}{child.name}." if named else prefix)
