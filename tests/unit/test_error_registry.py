"""Clients can look up every error that they get, and every registered text is in use."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from facepay.domain import errors
from facepay.domain.capture import Guidance
from facepay.domain.errors import FacepayError
from facepay.web import access, problems
from facepay.web.problem_table import PROBLEMS

REPOSITORY = Path(__file__).parents[2]
REGISTRY = yaml.safe_load((REPOSITORY / "sdk_spec/errors.yaml").read_text())
SOURCES = sorted((REPOSITORY / "service/facepay").rglob("*.py"))


def every_error(kind: type[FacepayError] = FacepayError) -> Iterator[type[FacepayError]]:
    for child in kind.__subclasses__():
        yield child
        yield from every_error(child)


def registered_kinds() -> list[type[FacepayError]]:
    # An error that carries a code it was given (a refusal given again) has none of its own.
    return sorted((k for k in every_error() if hasattr(k, "code")), key=lambda k: k.__name__)


@pytest.mark.parametrize("kind", registered_kinds(), ids=lambda kind: kind.__name__)
def test_every_error_that_can_be_raised_is_registered(kind: type[FacepayError]) -> None:
    assert kind.code in REGISTRY["errors"]
    assert kind.code in PROBLEMS


def test_the_tree_in_the_docstring_equals_the_classes() -> None:
    drawn = errors.__doc__ or ""
    in_this_module = {k.__name__ for k in every_error() if k.__module__ == errors.__name__}
    assert [name for name in sorted(in_this_module) if name not in drawn] == []


def test_every_registered_code_is_used_somewhere_in_the_service() -> None:
    code = "\n".join(file.read_text() for file in SOURCES if file.name != "problem_table.py")
    assert [each for each in REGISTRY["errors"] if f'"{each}"' not in code] == []


def test_every_user_action_is_explained_and_used() -> None:
    used = {entry["user_action"] for entry in REGISTRY["errors"].values()}
    assert used == set(REGISTRY["user_actions"])


def test_every_guidance_for_a_terminal_is_registered() -> None:
    assert {each.value for each in Guidance} == set(REGISTRY["guidance"])


def test_only_temporary_errors_are_retryable() -> None:
    retryable = {code for code, entry in REGISTRY["errors"].items() if entry["retryable"]}
    unavailable = {kind.code for kind in every_error(errors.Unavailable)}
    assert unavailable <= retryable
    assert {"capture_refused", "not_allowed"}.isdisjoint(retryable)


def test_every_error_code_of_the_web_layer_is_registered() -> None:
    said = {*problems._BY_STATUS.values(), "internal_error", access.UnsupportedVersion.code}
    assert said <= set(REGISTRY["errors"])


@pytest.mark.parametrize("detail", [None, "what happened"])
def test_a_repeated_refusal_has_the_text_of_the_first(detail: str | None) -> None:
    from facepay.usecases.idempotency import ReplayedRefusal

    again = ReplayedRefusal("no_face", detail, "frames[2]")
    assert (again.code, again.detail, again.param) == ("no_face", detail, "frames[2]")
    assert again.guidance is None, "as those were remembered that had none"
