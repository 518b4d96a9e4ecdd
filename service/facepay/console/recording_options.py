"""Parse the options that describe a recording: steps, colours and prompt times.

A wrong option is one line on stderr and exit code 2, before anything is read or written.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from facepay.adapters.recordings import RecordingError
from facepay.adapters.recordings.schedule import MOST_STEPS
from facepay.adapters.recordings.sources import Plan
from facepay.domain.challenge import Challenge, Colour, Profile, Step
from facepay.domain.errors import FacepayError, FaceUnavailable
from facepay.web.problem_table import PROBLEMS


class InputError(click.ClickException):
    """Signal an option or a recording that the command cannot use; exit code 2."""

    exit_code = 2


def parse_challenge(steps: str | None, light: str | None) -> Challenge:
    """Parse the names of steps and colours; None gives no steps or no colours.

    Raises InputError.
    """
    given = tuple(Step(name) for name in _known(steps, tuple(Step), "--steps", "step"))
    if len(given) > MOST_STEPS:
        raise InputError(f"--steps: give at most {MOST_STEPS} steps")
    colours = tuple(Colour(name) for name in _known(light, tuple(Colour), "--light", "colour"))
    return Challenge(Profile.STANDARD if colours else Profile.NO_LIGHT, given, colours)


def plan(steps: Sequence[Step], hold: float, at: str | None) -> Plan:
    """Plan which part of a recording belongs to which step.

    `hold` is in seconds, `at` a list of prompt times in seconds. Raises InputError.
    """
    try:
        prompts = tuple(float(name) * 1000 for name in _names(at))
    except ValueError:
        raise InputError("--at: give seconds, such as 0.9,2.1") from None
    if prompts and len(prompts) != len(steps):
        raise InputError(f"--at: {len(prompts)} times for {len(steps)} steps; give one for each")
    if list(prompts) != sorted(set(prompts)) or not all(0 < n < float("inf") for n in prompts):
        raise InputError("--at: each time must be later than the one before it")
    return Plan(len(steps), hold * 1000, prompts)


@contextmanager
def one_line(path: Path) -> Iterator[None]:
    """Report an expected error of a recording in one line. Raises InputError."""
    try:
        yield
    except RecordingError as error:
        message = str(error)
    except FaceUnavailable as error:
        message = error.detail or "the face engine is not ready"
    except FacepayError as error:
        title = PROBLEMS[error.code].title
        message = title[0].lower() + title[1:] + (f" ({error.param})" if error.param else "")
    else:
        return
    raise InputError(f"{path}: {message}")


def _known(text: str | None, known: Sequence[str], option: str, kind: str) -> tuple[str, ...]:
    names = _names(text)
    for name in names:
        if name not in known:
            raise InputError(f"{option}: unknown {kind} {name!r}; choose from {', '.join(known)}")
    return names


def _names(text: str | None) -> tuple[str, ...]:
    if not text:
        return ()
    return tuple(part.strip() for part in text.split(","))
