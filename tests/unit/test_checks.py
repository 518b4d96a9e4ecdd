"""`make check` refuses code that grew too long or lost a docstring that readers need."""

from pathlib import Path

import pytest

from tests.checks.docstrings import check_docstrings
from tests.checks.limits import FUNCTION_LINES, MODULE_LINES, VIEW_LINES, check_limits
from tests.checks.promises import check_promises
from tests.checks.source import Source

HEAD = '"""A module."""\n'


def function(lines: int, *, decorator: str = "", docstring: str = "") -> str:
    """Return the source of a function of so many lines, its docstring not counted."""
    docstring_lines = f'    """{docstring}"""\n' if docstring else ""
    return f"{decorator}def act() -> None:\n{docstring_lines}" + "    pass\n" * (lines - 1)


def limits(path: str, text: str, **exempt: str) -> list[str]:
    return list(check_limits([Source(path, text)], exempt))


def docstrings(*sources: Source) -> list[str]:
    return list(check_docstrings(sources))


def test_a_function_of_forty_lines_is_accepted_and_one_more_is_refused() -> None:
    assert limits("service/a.py", HEAD + function(FUNCTION_LINES, docstring="Act.")) == []
    (finding,) = limits("service/a.py", HEAD + function(FUNCTION_LINES + 1))
    assert finding == "service/a.py:2: act has 41 lines; 40 are allowed"


def test_a_view_of_more_than_fifteen_lines_is_refused() -> None:
    view = "service/facepay/web/a.py"
    assert limits(view, function(VIEW_LINES, decorator='@a.get("/")\n')) == []
    assert limits(view, function(VIEW_LINES + 1, decorator='@a.get("/")\n'))
    assert limits(view, function(VIEW_LINES + 1)) == [], "a helper is no view"


def test_a_module_of_more_than_three_hundred_lines_is_refused() -> None:
    assert limits("tests/a.py", "#\n" * MODULE_LINES) == []
    assert limits("tests/a.py", "#\n" * (MODULE_LINES + 1))


def test_an_exemption_counts_until_it_is_no_longer_needed() -> None:
    long = function(FUNCTION_LINES + 1)
    assert limits("tests/a.py", long, **{"tests/a.py::act": "a table"}) == []
    (finding,) = limits("tests/a.py", "", **{"tests/a.py::act": "a table"})
    assert "remove the exemption" in finding


@pytest.mark.parametrize(
    ("path", "text", "missing"),
    [
        ("service/a.py", "x = 1\n", "module"),
        ("service/facepay/ports.py", HEAD + "class P:\n    def seal(self) -> None: ...\n", "seal"),
        ("sdk_spec/clients/python/facepay_client/a.py", HEAD + function(2), "act"),
        ("service/facepay/cli.py", HEAD + function(2, decorator="@main.command()\n"), "act"),
    ],
)
def test_a_docstring_that_readers_need_is_missed(path: str, text: str, missing: str) -> None:
    (finding,) = docstrings(Source(path, text))
    assert missing in finding
    assert "needs a docstring" in finding


def test_a_use_case_that_a_view_calls_needs_a_docstring() -> None:
    use_case = Source("service/facepay/usecases/faces/lock.py", HEAD + function(2))
    assert docstrings(use_case) == []
    view = HEAD + "from facepay.usecases.faces.lock import act\n"
    (finding,) = docstrings(use_case, Source("service/facepay/web/faces.py", view))
    assert finding == "service/facepay/usecases/faces/lock.py:2: act needs a docstring"


def test_a_docstring_that_only_repeats_the_name_is_refused() -> None:
    text = HEAD + 'def lock_face() -> None:\n    """Lock the face."""\n'
    (finding,) = docstrings(Source("service/a.py", text))
    assert "repeats its name" in finding


PROMISES = """# facepay

## What you can rely on

Tests hold these.

- **It holds.** Always, see
  [there](there.md).

## Limits
"""
QUOTES = """> **It holds.**

- `unit/test_it.py::test_it_holds`

> Always, see there.

- `unit/test_it.py::test_it_holds`
"""


@pytest.mark.parametrize(
    ("page", "finding"),
    [
        (QUOTES, ""),
        (QUOTES.replace("Always", "Sometimes"), "must quote README.md from here on"),
        (QUOTES.replace("it_holds", "it_held"), "there is no test unit/test_it.py::test_it_held"),
        (QUOTES + "\n> And more.\n\n", "no test holds: And more."),
        (QUOTES[: QUOTES.index("\n> Always")], "must quote README.md from here on"),
    ],
)
def test_a_promise_without_a_test_is_refused(tmp_path: Path, page: str, finding: str) -> None:
    for folder in ("docs", "tests/unit"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "README.md").write_text(PROMISES)
    (tmp_path / "docs/promises.md").write_text(page)
    (tmp_path / "tests/unit/test_it.py").write_text("def test_it_holds(): pass\n")
    found = "\n".join(check_promises(tmp_path))
    assert finding in found
    assert bool(found) == bool(finding)
