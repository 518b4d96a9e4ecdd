"""Define the commands of `facepay pad`."""

from pathlib import Path
from typing import Any

import click

_PATH = click.Path(path_type=Path)


@click.group()
def pad() -> None:
    """Try presentation attack detection (liveness) on your own recordings."""


@pad.command()
@click.argument("recording", type=_PATH)
@click.option(
    "--steps",
    metavar="NAMES",
    help="Challenge steps: turn_left, turn_right, closer, look_up, look_down.",
)
@click.option("--light", metavar="COLOURS", help="Screen colours, 440 ms each: red,green,…")
@click.option(
    "--hold",
    metavar="SECONDS",
    type=click.FloatRange(0.6, 10),
    default=0.9,
    show_default=True,
    help="Time before the first prompt; the steps share the rest equally.",
)
@click.option("--at", metavar="SECONDS", help="Time of each prompt instead: 0.9,2.1,…")
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
@click.option("--json", "brief", is_flag=True, help="Print JSON in one line and no progress.")
def judge(**options: Any) -> None:
    """Judge RECORDING as the service judges a capture, and print JSON.

    RECORDING is a video (mp4, mov, webm), a folder of JPEG or WebP frames taken 220 ms apart, or
    a file of `facepay capture record`, which has its own steps. At most 24 frames of a video, about
    220 ms apart, are judged. Left and right are those of the person shown.

    The JSON has every signal with score, verdict, reason and milliseconds, the overall verdict, and
    the milliseconds per frame. Exit code 0 means that the recording was judged, whatever the
    verdict; 2 means that it could not be. Frames stay in memory and are never written.
    """
    from facepay.console.judging import JudgeOptions, judge_recording

    judge_recording(JudgeOptions(**options))
