"""What a recording was made for, read from the console: steps, colours, times of the prompts.

Everything wrong is one line on stderr and exit code 2, before anything is read or written.
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


class Unusable(click.ClickException):
    exit_code = 2


def parse_challenge(steps: str | None, light: str | None) -> Challenge:
    """With no steps where none were given. Raises Unusable."""
    asked = tuple(Step(name) for name in _known(steps, tuple(Step), "--steps", "step"))
    if len(asked) > MOST_STEPS:
        raise Unusable(f"--steps: at most {MOST_STEPS} steps")
    colours = tuple(Colour(name) for name in _known(light, tuple(Colour), "--light", "colour"))
    return Challenge(Profile.STANDARD if colours else Profile.NO_LIGHT, asked, colours)


def plan(steps: Sequence[Step], hold: float, at: str | None) -> Plan:
    """Raises Unusable."""
    try:
        prompts = tuple(float(name) * 1000 for name in _names(at))
    except ValueError:
        raise Unusable("--at: seconds are needed, like 0.9,2.1") from None
    if prompts and len(prompts) != len(steps):
        raise Unusable(f"--at: {len(prompts)} times for {len(steps)} steps")
    if list(prompts) != sorted(set(prompts)) or not all(0 < n < float("inf") for n in prompts):
        raise Unusable("--at: each prompt comes later than the one before it")
    return Plan(len(steps), hold * 1000, prompts)


@contextmanager
def one_line(path: Path) -> Iterator[None]:
    """What can be wrong with a recording or its pictures, without a traceback."""
    try:
        yield
    except RecordingError as error:
        told = str(error)
    except FaceUnavailable as error:
        told = error.detail or "the face engine is not ready"
    except FacepayError as error:
        title = PROBLEMS[error.code].title
        told = title[0].lower() + title[1:] + (f" ({error.param})" if error.param else "")
    else:
        return
    raise Unusable(f"{path}: {told}")


def _known(text: str | None, known: Sequence[str], option: str, kind: str) -> tuple[str, ...]:
    names = _names(text)
    for name in names:
        if name not in known:
            raise Unusable(f"{option}: unknown {kind} {name!r}; there are {', '.join(known)}")
    return names


def _names(text: str | None) -> tuple[str, ...]:
    if not text:
        return ()
    return tuple(part.strip() for part in text.split(","))
