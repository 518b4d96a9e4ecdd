"""Do the work of `facepay pad judge`: judge a recording as the service judges a capture.

The service's own adapters run in the same order: they observe the faces, then judge them. Two
things differ: the frames come from a file, and the output shows every signal.
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
from facepay.adapters.recordings.sources import from_folder, from_video, with_light
from facepay.adapters.recordings.video import silence_opencv
from facepay.config import ConfigError
from facepay.console.engine import Engine, engine_in_use
from facepay.console.recording_options import InputError, one_line, parse_challenge, plan
from facepay.domain.capture import Burst, Frame, PadSignal
from facepay.domain.challenge import Challenge
from facepay.face.observe import Observation

_BAR = 100


@dataclass(frozen=True, slots=True)
class JudgeOptions:
    """Options of the command."""

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
    """Frames, and the challenge to judge them against."""

    frames: list[Frame]
    challenge: Challenge
    mirrored: bool
    warning: str


def judge_recording(options: JudgeOptions) -> None:
    """Judge the recording and print JSON on stdout. Raises InputError."""
    silence_opencv()
    try:
        engine = engine_in_use(options.detector, options.passive)
    except ConfigError as error:
        raise InputError(str(error)) from None
    with one_line(options.recording):
        request = _read_request(options)
        if request.warning:
            click.echo(f"{options.recording}: {request.warning}", err=True)
        engine.faces.prepare()
        result = _judge(request, engine)
    click.echo(json.dumps(result, indent=None if options.brief else 2, allow_nan=False))


def _read_request(options: JudgeOptions) -> Request:
    challenge = parse_challenge(options.steps, options.light)
    if is_capture_file(options.recording):
        if options.at is not None:
            raise InputError("--at: a capture file has its own prompt times; leave --at out")
        return _from_capture(options, challenge)
    if not challenge.steps:
        raise InputError("--steps: give the challenge steps, such as turn_left,turn_right")
    times = plan(challenge.steps, options.hold, options.at)
    with progress("reading", quiet=options.brief) as report:
        if options.recording.is_dir():
            frames = from_folder(options.recording, times)
        else:
            frames = from_video(options.recording, times, report)
    lit = with_light(frames.taken, challenge)
    return Request(lit, challenge, options.mirrored, frames.warning)


def _from_capture(options: JudgeOptions, given: Challenge) -> Request:
    """Use the file's own steps and light unless the options give others."""
    content = read_capture(options.recording)
    own = content.challenge
    if given.steps and len(given.steps) != len(own.steps):
        raise InputError(f"--steps: the capture file has {len(own.steps)} steps; give as many")
    frames = with_light(content.frames, given) if given.light else list(content.frames)
    late = content.delete_by < datetime.now(UTC)
    day = f"{content.delete_by:%Y-%m-%d}"
    return Request(
        frames=frames,
        challenge=replace(given if given.light else own, steps=given.steps or own.steps),
        mirrored=content.mirrored or options.mirrored,
        warning=f"it should have been deleted by {day}: delete it now" if late else "",
    )


def _judge(request: Request, engine: Engine) -> dict[str, Any]:
    begun = time.perf_counter()
    faces = cast(Observation, engine.faces.observe(Burst(tuple(request.frames), request.mirrored)))
    try:
        found = engine.pad.judge(faces, request.challenge)
        taken = time.perf_counter() - begun
        seconds = faces.seconds
        return {
            "recording": _describe(request, len(faces.seen)),
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


def _signal(signal: PadSignal, seconds: float) -> dict[str, Any]:
    return asdict(signal) | {"score": _rounded(signal.score), "ms": _ms(seconds)}


def _describe(request: Request, with_face: int) -> dict[str, Any]:
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
    """Show a progress bar on stderr unless `quiet`."""
    if quiet:
        yield lambda _share: None
        return
    with click.progressbar(length=_BAR, label=label, file=sys.stderr) as bar:
        done = 0

        def report(share: float) -> None:
            nonlocal done
            now = int(share * _BAR)
            if now > done:
                bar.update(now - done)
                done = now

        yield report
