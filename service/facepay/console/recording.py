"""What `facepay capture record` does: a webcam or a video becomes a capture file."""

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
from facepay.adapters.recordings.sources import from_video, lit
from facepay.adapters.recordings.webcam import Camera, Webcam, take, warm_up
from facepay.console.judging import progress
from facepay.console.recording_options import Unusable, one_line, parse_challenge, plan
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
class Wanted:
    """What the console was asked for; one of `camera` and `video`."""

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
class Room:
    """Where a webcam records: what opens the camera, whose clock, and the terminal that prompts."""

    open_camera: Callable[[int], Camera] = Webcam
    clock: Callable[[], float] = time.monotonic
    terminal: TextIO = field(default_factory=lambda: sys.stderr)


def record_capture(wanted: Wanted, room: Room | None = None) -> None:
    """Writes the file and says what it holds. Raises Unusable, and then nothing was written."""
    challenge = parse_challenge(wanted.steps, wanted.light)
    if (wanted.camera is None) == (wanted.video is None):
        raise Unusable("one of --camera and --video is needed")
    _check_target(wanted.out)
    key = _key(wanted.key)
    if wanted.video is not None:
        taken = _from_video(wanted, wanted.video, challenge)
        camera_id = "file"
    else:
        taken = _from_camera(wanted, challenge, room or Room())
        camera_id = f"camera-{wanted.camera}"
    content = CaptureFile(
        frames=tuple(taken),
        challenge=challenge,
        mirrored=wanted.mirrored,
        delete_by=datetime.now(UTC).replace(microsecond=0) + KEEP,
    )
    with one_line(wanted.out):
        write_capture(wanted.out, content, _device(camera_id, taken[0].image), key)
    click.echo(
        f"{wanted.out}: {len(taken)} frames, {'signed' if key else 'unsigned'}.\n"
        f"This file holds a face. Show it to nobody, and delete it when you have tried it, "
        f"by {content.delete_by:%Y-%m-%d} at the latest."
    )


def _check_target(out: Path) -> None:
    """Early: what was recorded for nothing cannot be recorded again."""
    if out.is_symlink() or out.exists():
        raise Unusable(f"{out}: there is such a file already; nothing was written")
    if not out.absolute().parent.is_dir():
        raise Unusable(f"{out.parent}: there is no such folder")


def _key(path: Path | None) -> ECKey | None:
    try:
        return None if path is None else read_signing_key(path)
    except KeyFileError as error:
        raise Unusable(f"--key: {error}") from None


def _from_video(wanted: Wanted, video: Path, challenge: Challenge) -> list[Frame]:
    times = plan(challenge.steps, wanted.hold, wanted.at)
    with one_line(video), progress("reading", quiet=False) as ahead:
        frames = from_video(video, times, ahead)
    if frames.warning:
        click.echo(f"{video}: {frames.warning}", err=True)
    return lit(frames.taken, challenge)


def _from_camera(wanted: Wanted, challenge: Challenge, room: Room) -> list[Frame]:
    if wanted.at is not None:
        raise Unusable("--at: for videos; with a camera, --pace says how long each step is given")
    if challenge.light and not room.terminal.isatty():
        raise Unusable("--light: a terminal is needed that can be filled with colour")
    hold, pace = wanted.hold * 1000, wanted.pace * 1000
    count = len(challenge.steps)
    windows = even_windows(count, hold_ms=hold, length_ms=hold + pace * count)
    prompter = _Prompter(challenge, room.terminal)
    with one_line(Path(f"camera {wanted.camera}")):
        camera = room.open_camera(wanted.camera or 0)
        try:
            prompter.show(0, 0)
            warm_up(camera, _WARM_UP_S, clock=room.clock)
            taken = take(camera, moments(windows), clock=room.clock, show=prompter.show)
        finally:
            camera.close()
            prompter.end()
    return lit(taken, challenge)


class _Prompter:
    """Tells the person before the camera what to do, and lights the face."""

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
            # The whole window in this colour, and the prompt in its first line.
            ground = click.style("\x1b[2J\x1b[H", bg=_BACKGROUNDS[colour], reset=False)
            text = ground + click.style(text, fg="black", reset=False)
        click.echo(text, file=self._terminal)

    def end(self) -> None:
        if self._challenge.light:
            click.echo(click.style("", reset=True) + "\x1b[2J\x1b[H", file=self._terminal)


def _device(camera_id: str, image: bytes) -> dict[str, Any]:
    """What a manifest says about device and camera; nothing of it is claimed that is not known."""
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
