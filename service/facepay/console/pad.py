"""`facepay pad …`: presentation attack detection, tried on recordings."""

from pathlib import Path
from typing import Any

import click

_PATH = click.Path(path_type=Path)


@click.group()
def pad() -> None:
    """Liveness: presentation attack detection, tried on recordings of your own."""


@pad.command()
@click.argument("recording", type=_PATH)
@click.option(
    "--steps",
    metavar="NAMES",
    help="What was asked for: turn_left, turn_right, closer, look_up, look_down.",
)
@click.option("--light", metavar="COLOURS", help="What the screen showed, 440 ms each: red,green,…")
@click.option(
    "--hold",
    metavar="SECONDS",
    type=click.FloatRange(0.6, 10),
    default=0.9,
    show_default=True,
    help="The part before the first prompt; the rest is divided evenly.",
)
@click.option("--at", metavar="SECONDS", help="When each prompt came instead: 0.9,2.1,…")
@click.option("--mirrored", is_flag=True, help="The camera flipped left and right.")
@click.option(
    "--detector",
    metavar="FILE",
    type=_PATH,
    envvar="FACEPAY_DETECTOR_FILE",
    help="YuNet's model file; FACEPAY_DETECTOR_FILE.",
)
@click.option(
    "--passive",
    metavar="FOLDER",
    type=_PATH,
    envvar="FACEPAY_PASSIVE_FILES",
    help="Passive networks and their card; FACEPAY_PASSIVE_FILES.",
)
@click.option("--json", "brief", is_flag=True, help="JSON in one line, and no progress.")
def judge(**options: Any) -> None:
    """Judge RECORDING as the service judges a capture; prints JSON.

    RECORDING is a video (mp4, mov, webm), a folder of JPEG or WebP frames taken 220 ms apart, or
    a file of `facepay capture record`, which knows its steps. Of a video at most 24 frames are
    judged, about 220 ms apart. Left and right are those of the person shown.

    The JSON has every signal with score, verdict, reason and milliseconds, what follows from
    them, and the milliseconds a frame. Exit code 0 says that it was judged, whatever the
    verdict; 2 that it could not be. Nothing of it is written: frames stay in memory.
    """
    from facepay.console.judging import Wanted, judge_recording

    judge_recording(Wanted(**options))
