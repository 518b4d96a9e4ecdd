"""`make check` refuses code that grew too long or lost a docstring that readers need."""

import pytest

from tests.checks.docstrings import check_docstrings
from tests.checks.limits import FUNCTION_LINES, MODULE_LINES, VIEW_LINES, check_limits
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
