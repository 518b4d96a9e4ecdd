"""Do the work of `facepay capture record`: write a webcam or a video to a capture file."""

import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO

import click
from joserfc.jwk import ECKey

from facepay.adapters.calibration_report import KeyFileError, read_signing_key
from facepay.adapters.recordings.capture_file import KEEP, CaptureFile, write_capture
from facepay.adapters.recordings.schedule import even_windows, moments
from facepay.adapters.recordings.sources import from_video, with_light
from facepay.adapters.recordings.webcam import Camera, Webcam, record_frames, warm_up
from facepay.console.judging import progress
from facepay.console.recording_options import InputError, one_line, parse_challenge, plan
from facepay.domain.capture import Frame
from facepay.domain.challenge import Challenge, Colour, Step
from facepay.domain.manifest import Facing
from facepay.face.frames.header import parse_header

_WARM_UP_S = 3.0
_HOLD = "Look into the camera and hold still"
_PROMPTS = {
    Step.TURN_LEFT: "Turn your head to your left, and back",
    Step.TURN_RIGHT: "Turn your head to your right, and back",
    Step.CLOSER: "Come closer",
    Step.LOOK_UP: "Look up, and back",
    Step.LOOK_DOWN: "Look down, and back",
}
_BACKGROUNDS = {
    Colour.RED: (255, 0, 0),
    Colour.GREEN: (0, 255, 0),
    Colour.BLUE: (0, 0, 255),
    Colour.YELLOW: (255, 255, 0),
    Colour.CYAN: (0, 255, 255),
    Colour.MAGENTA: (255, 0, 255),
}


@dataclass(frozen=True, slots=True)
class RecordOptions:
    """Options of the command; either `camera` or `video` is set."""

    camera: int | None
    video: Path | None
    steps: str
    out: Path
    light: str | None
    hold: float
    at: str | None
    pace: float
    mirrored: bool
    key: Path | None


@dataclass(frozen=True, slots=True)
class CameraSetup:
    """The camera, the clock in seconds, and the terminal that shows the prompts."""

    open_camera: Callable[[int], Camera] = Webcam
    clock: Callable[[], float] = time.monotonic
    terminal: TextIO = field(default_factory=lambda: sys.stderr)


def record_capture(options: RecordOptions, setup: CameraSetup | None = None) -> None:
    """Write the capture file and print what it holds.

    Raises InputError; then nothing was written.
    """
    challenge = parse_challenge(options.steps, options.light)
    if (options.camera is None) == (options.video is None):
        raise InputError("give either --camera or --video")
    _check_target(options.out)
    key = _key(options.key)
    if options.video is not None:
        taken = _from_video(options, options.video, challenge)
        camera_id = "file"
    else:
        taken = _from_camera(options, challenge, setup or CameraSetup())
        camera_id = f"camera-{options.camera}"
    content = CaptureFile(
        frames=tuple(taken),
        challenge=challenge,
        mirrored=options.mirrored,
        delete_by=datetime.now(UTC).replace(microsecond=0) + KEEP,
    )
    with one_line(options.out):
        write_capture(options.out, content, _device(camera_id, taken[0].image), key)
    click.echo(
        f"{options.out}: {len(taken)} frames, {'signed' if key else 'unsigned'}.\n"
        "This file holds a face. Keep it private and delete it after your test, "
        f"by {content.delete_by:%Y-%m-%d} at the latest."
    )


def _check_target(out: Path) -> None:
    """Check the target before recording, because a lost recording cannot be repeated."""
    if out.is_symlink() or out.exists():
        raise InputError(f"{out}: this file already exists; nothing was written")
    if not out.absolute().parent.is_dir():
        raise InputError(f"{out.parent}: this folder does not exist")


def _key(path: Path | None) -> ECKey | None:
    try:
        return None if path is None else read_signing_key(path)
    except KeyFileError as error:
        raise InputError(f"--key: {error}") from None


def _from_video(options: RecordOptions, video: Path, challenge: Challenge) -> list[Frame]:
    times = plan(challenge.steps, options.hold, options.at)
    with one_line(video), progress("reading", quiet=False) as report:
        frames = from_video(video, times, report)
    if frames.warning:
        click.echo(f"{video}: {frames.warning}", err=True)
    return with_light(frames.taken, challenge)


def _from_camera(options: RecordOptions, challenge: Challenge, setup: CameraSetup) -> list[Frame]:
    if options.at is not None:
        raise InputError("--at is for videos; with a camera, --pace sets the time for each step")
    if challenge.light and not setup.terminal.isatty():
        raise InputError("--light needs a terminal that it can fill with colour")
    hold, pace = options.hold * 1000, options.pace * 1000
    count = len(challenge.steps)
    windows = even_windows(count, hold_ms=hold, length_ms=hold + pace * count)
    prompter = _Prompter(challenge, setup.terminal)
    with one_line(Path(f"camera {options.camera}")):
        camera = setup.open_camera(options.camera or 0)
        try:
            prompter.show(0, 0)
            warm_up(camera, _WARM_UP_S, clock=setup.clock)
            taken = record_frames(camera, moments(windows), clock=setup.clock, show=prompter.show)
        finally:
            camera.close()
            prompter.end()
    return with_light(taken, challenge)


class _Prompter:
    """Shows the person before the camera what to do, and lights the face."""

    def __init__(self, challenge: Challenge, terminal: TextIO) -> None:
        self._challenge = challenge
        self._terminal = terminal
        self._shown: tuple[int, Colour | None] | None = None

    def show(self, step: int, since_ms: float) -> None:
        colour = self._challenge.colour_at(round(since_ms))
        if self._shown == (step, colour):
            return
        self._shown = (step, colour)
        text = _PROMPTS[self._challenge.steps[step - 1]] if step else _HOLD
        if colour:
            # Fill the window with the colour; the prompt stands in the first line.
            background = click.style("\x1b[2J\x1b[H", bg=_BACKGROUNDS[colour], reset=False)
            text = background + click.style(text, fg="black", reset=False)
        click.echo(text, file=self._terminal)

    def end(self) -> None:
        if self._challenge.light:
            click.echo(click.style("", reset=True) + "\x1b[2J\x1b[H", file=self._terminal)


def _device(camera_id: str, image: bytes) -> dict[str, Any]:
    """Return the manifest's members about device and camera. Unknown facts are None."""
    header = parse_header(image)
    return {
        "capture_id": f"cap_local_{secrets.token_hex(8)}",
        "nonce": secrets.token_urlsafe(24),
        "sdk_version": f"facepay-console/{version('facepay')}",
        "camera": {"id": camera_id, "facing": Facing.EXTERNAL},
        "width": header.width,
        "height": header.height,
        "exposure_locked": False,
        "health": {"rooted": None, "virtual_camera": None, "debugger": None},
        "attestation": None,
    }
