"""`facepay capture …`: captures recorded on this machine, for trying the liveness check."""

from pathlib import Path
from typing import Any

import click

_PATH = click.Path(path_type=Path)


@click.group()
def capture() -> None:
    """Captures recorded on this machine, for trying the liveness check."""


@capture.command()
@click.option("--camera", metavar="N", type=click.IntRange(0, 99), help="A webcam; 0 is the first.")
@click.option("--video", metavar="FILE", type=_PATH, help="A video instead: mp4, mov, webm.")
@click.option(
    "--steps", metavar="NAMES", required=True, help="turn_left, closer, … as in `pad judge`."
)
@click.option(
    "--out", metavar="FILE", type=_PATH, required=True, help="Is created, never replaced."
)
@click.option("--light", metavar="COLOURS", help="What the screen shows, 440 ms each: red,green,…")
@click.option(
    "--hold",
    metavar="SECONDS",
    type=click.FloatRange(0.6, 10),
    default=0.9,
    show_default=True,
    help="The part before the first prompt.",
)
@click.option("--at", metavar="SECONDS", help="With --video: when each prompt came: 0.9,2.1,…")
@click.option(
    "--pace",
    metavar="SECONDS",
    type=click.FloatRange(0.7, 10),
    default=1.32,
    show_default=True,
    help="With --camera: how long each step is given.",
)
@click.option("--mirrored", is_flag=True, help="The camera flips left and right.")
@click.option("--key", metavar="FILE", type=_PATH, help="Private P-256 key, PEM or JWK: signs.")
def record(**options: Any) -> None:
    """Make a capture file of a webcam or a video, for `facepay pad judge`.

    With a webcam, prompts appear at their times: hold still, then each step. With --light the
    terminal is filled with the colours; make it large, and the room dim.

    The file is a zip archive that can be read with any tool: capture.json, manifest.json,
    frames/00.jpg and so on, and manifest.jws with --key. It holds a face in the clear, so only
    you may read it, and it says by when to delete it.
    """
    from facepay.console.recording import Wanted, record_capture

    record_capture(Wanted(**options))
