"""Define the commands of `facepay capture`."""

from pathlib import Path
from typing import Any

import click

_PATH = click.Path(path_type=Path)


@click.group()
def capture() -> None:
    """Record captures on this machine to try the liveness check."""


@capture.command()
@click.option(
    "--camera", metavar="N", type=click.IntRange(0, 99), help="Number of a webcam; 0 is the first."
)
@click.option("--video", metavar="FILE", type=_PATH, help="A video instead: mp4, mov, webm.")
@click.option(
    "--steps",
    metavar="NAMES",
    required=True,
    help="Challenge steps, such as turn_left,closer; see `pad judge`.",
)
@click.option(
    "--out", metavar="FILE", type=_PATH, required=True, help="File to create; never replaced."
)
@click.option("--light", metavar="COLOURS", help="Screen colours, 440 ms each: red,green,…")
@click.option(
    "--hold",
    metavar="SECONDS",
    type=click.FloatRange(0.6, 10),
    default=0.9,
    show_default=True,
    help="Time before the first prompt.",
)
@click.option("--at", metavar="SECONDS", help="With --video: time of each prompt: 0.9,2.1,…")
@click.option(
    "--pace",
    metavar="SECONDS",
    type=click.FloatRange(0.7, 10),
    default=1.32,
    show_default=True,
    help="With --camera: time for each step.",
)
@click.option("--mirrored", is_flag=True, help="The camera flips left and right.")
@click.option(
    "--key",
    metavar="FILE",
    type=_PATH,
    help="Private P-256 key, PEM or JWK, to sign the manifest with.",
)
def record(**options: Any) -> None:
    """Record a webcam or a video to a capture file for `facepay pad judge`.

    With a webcam, prompts appear at fixed times: hold still, then each step. With --light, the
    colours fill the terminal. Make the terminal large and the room dim.

    The file is a zip archive that any tool can read: capture.json, manifest.json, frames/00.jpg and
    so on, and manifest.jws with --key. It holds an unencrypted face, so only you may read it, and
    it names the date to delete it by.
    """
    from facepay.console.recording import RecordOptions, record_capture

    record_capture(RecordOptions(**options))
