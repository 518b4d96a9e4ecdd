"""What `facepay pad judge` does: the frames of a recording, judged as the service judges a capture.

The service's own adapters in the same order: faces are observed, then judged. Only the frames'
origin differs, and that here every signal is told.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import click

from facepay.adapters.recordings import Progress
from facepay.adapters.recordings.capture_file import is_capture_file, read_capture
from facepay.adapters.recordings.sources import from_folder, from_video, lit
from facepay.adapters.recordings.video import hush
from facepay.config import ConfigError
from facepay.console.engine import Engine, engine_in_use
from facepay.console.recording_options import Unusable, one_line, parse_challenge, plan
from facepay.domain.capture import Burst, Frame, PadSignal
from facepay.domain.challenge import Challenge
from facepay.face.observe import Observation

_BAR = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the console was asked for."""

    recording: Path
    steps: str | None
    light: str | None
    hold: float
    at: str | None
    mirrored: bool
    detector: Path | None
    passive: Path | None
    brief: bool


@dataclass(frozen=True, slots=True)
class Request:
    """Frames, and the challenge that they are judged against."""

    frames: list[Frame]
    challenge: Challenge
    mirrored: bool
    warning: str


def judge_recording(wanted: Wanted) -> None:
    """Prints JSON on stdout. Raises Unusable."""
    hush()
    try:
        engine = engine_in_use(wanted.detector, wanted.passive)
    except ConfigError as error:
        raise Unusable(str(error)) from None
    with one_line(wanted.recording):
        request = _read_request(wanted)
        if request.warning:
            click.echo(f"{wanted.recording}: {request.warning}", err=True)
        engine.faces.prepare()
        told = _judged(request, engine)
    click.echo(json.dumps(told, indent=None if wanted.brief else 2, allow_nan=False))


def _read_request(wanted: Wanted) -> Request:
    challenge = parse_challenge(wanted.steps, wanted.light)
    if is_capture_file(wanted.recording):
        if wanted.at is not None:
            raise Unusable("--at: a capture file says itself when its prompts came")
        return _from_capture(wanted, challenge)
    if not challenge.steps:
        raise Unusable("--steps: say what was asked for, like turn_left,turn_right")
    times = plan(challenge.steps, wanted.hold, wanted.at)
    with progress("reading", quiet=wanted.brief) as ahead:
        if wanted.recording.is_dir():
            frames = from_folder(wanted.recording, times)
        else:
            frames = from_video(wanted.recording, times, ahead)
    return Request(lit(frames.taken, challenge), challenge, wanted.mirrored, frames.warning)


def _from_capture(wanted: Wanted, given: Challenge) -> Request:
    """The file's own steps and light, unless others are given to judge it against."""
    content = read_capture(wanted.recording)
    own = content.challenge
    if given.steps and len(given.steps) != len(own.steps):
        raise Unusable(f"--steps: the capture file has {len(own.steps)} steps")
    frames = lit(content.frames, given) if given.light else list(content.frames)
    late = content.delete_by < datetime.now(UTC)
    return Request(
        frames=frames,
        challenge=replace(given if given.light else own, steps=given.steps or own.steps),
        mirrored=content.mirrored or wanted.mirrored,
        warning=f"it should have been deleted by {content.delete_by:%Y-%m-%d}" if late else "",
    )


def _judged(request: Request, engine: Engine) -> dict[str, Any]:
    begun = time.perf_counter()
    faces = cast(Observation, engine.faces.observe(Burst(tuple(request.frames), request.mirrored)))
    try:
        found = engine.pad.judge(faces, request.challenge)
        taken = time.perf_counter() - begun
        seconds = faces.seconds
        return {
            "recording": _told(request, len(faces.seen)),
            "engine": {"detector": engine.detector, "landmarks": 5, "passive": engine.passive},
            "signals": [_signal(each, seconds.get(each.name, 0.0)) for each in found.signals],
            "verdict": found.outcome,
            "reason": found.reason,
            "guidance": found.guidance,
            "risk": _rounded(found.risk),
            "ms": {part: _ms(each) for part, each in seconds.items()},
            "ms_per_frame": _ms(taken / len(request.frames)),
        }
    finally:
        faces.wipe()


def _signal(said: PadSignal, seconds: float) -> dict[str, Any]:
    return asdict(said) | {"score": _rounded(said.score), "ms": _ms(seconds)}


def _told(request: Request, with_face: int) -> dict[str, Any]:
    taken, steps = request.frames, request.challenge.steps
    return {
        "frames": len(taken),
        "frames_with_face": with_face,
        "seconds": round((taken[-1].monotonic_ms - taken[0].monotonic_ms) / 1000, 2),
        "steps": list(steps),
        "frames_per_step": [
            sum(frame.step == step for frame in taken) for step in range(len(steps) + 1)
        ],
        "light": list(request.challenge.light),
        "mirrored": request.mirrored,
    }


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 4)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


@contextmanager
def progress(label: str, *, quiet: bool) -> Iterator[Progress]:
    """A bar on stderr; none where `quiet`."""
    if quiet:
        yield lambda _share: None
        return
    with click.progressbar(length=_BAR, label=label, file=sys.stderr) as bar:
        done = 0

        def ahead(share: float) -> None:
            nonlocal done
            now = int(share * _BAR)
            if now > done:
                bar.update(now - done)
                done = now

        yield ahead
