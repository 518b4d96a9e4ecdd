"""Each sentence of the README's promises has tests behind it: docs/promises.md names them.

The page quotes the README's section piece by piece without its links, and lists under each piece
the tests that hold it. Nothing of the section may be missing, and each test must exist.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

README, PAGE = Path("README.md"), Path("docs/promises.md")
_SECTION = re.compile(r"^## What you can rely on\n(.*?)^## ", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_TEST = re.compile(r"^- `(?P<path>[\w/]+\.py)::(?P<name>test_\w+)`$", re.MULTILINE)
_QUOTE_AND_TESTS = re.compile(r"((?:^>.*\n)+)\n((?:^- .*\n)*)", re.MULTILINE)


def check_promises(repository: Path) -> Iterator[str]:
    """Yield one line for each promise without a test, and for each test that is not there."""
    page = (repository / PAGE).read_text()
    pieces = list(_pieces(page))
    for quote, tests in pieces:
        if not tests:
            yield f"{PAGE}: no test holds: {quote}"
    for path, name in _TEST.findall(page):
        if name not in _tests_in(repository / "tests" / path):
            yield f"{PAGE}: there is no test {path}::{name}"
    promised, quotes = _promised(repository), [quote for quote, _ in pieces]
    if promised != " ".join(quotes):
        rest = _unquoted(promised, quotes)
        yield f"{PAGE}: must quote {README} from here on: {rest[:80]!r}"


def _promised(repository: Path) -> str:
    """Return the README's promises as one line, without what introduces them."""
    found = _SECTION.search((repository / README).read_text())
    assert found is not None, "the README has the section"
    _, *bullets = re.split(r"^- ", found[1], flags=re.MULTILINE)
    return _LINK.sub(r"\1", " ".join(" ".join(bullets).split()))


def _unquoted(promised: str, quotes: Sequence[str]) -> str:
    """Return what follows the pieces that are quoted rightly."""
    for quote in quotes:
        if not promised.startswith(quote):
            break
        promised = promised.removeprefix(quote).lstrip()
    return promised


def _pieces(page: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each quoted piece as one line, with the names of its tests."""
    for quote, tests in _QUOTE_AND_TESTS.findall(page):
        words = " ".join(line[1:] for line in quote.splitlines())
        yield " ".join(words.split()), [name for _, name in _TEST.findall(tests)]


def _tests_in(file: Path) -> set[str]:
    if not file.is_file():
        return set()
    tree = ast.parse(file.read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
