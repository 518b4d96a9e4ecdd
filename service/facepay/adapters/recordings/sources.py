"""A recording as the frames of a capture, whichever form it lies in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from facepay.adapters.recordings import Progress, RecordingError
from facepay.adapters.recordings.folder import list_frames, read_frame
from facepay.adapters.recordings.schedule import (
    INTERVAL_MS,
    Window,
    choose,
    even_windows,
    moments,
    prompted_windows,
)
from facepay.adapters.recordings.video import VideoFile
from facepay.domain.capture import Frame
from facepay.domain.challenge import Challenge


@dataclass(frozen=True, slots=True)
class Plan:
    """Which part of a recording belongs to which step: `prompts_ms` where they are known.

    Otherwise the first `hold_ms` are the hold, and the rest is divided evenly.
    """

    steps: int
    hold_ms: float
    prompts_ms: tuple[float, ...] = ()

    def windows(self, length_ms: float) -> list[Window]:
        """Raises RecordingError."""
        if self.prompts_ms:
            return prompted_windows(self.prompts_ms, length_ms=length_ms)
        return even_windows(self.steps, hold_ms=self.hold_ms, length_ms=length_ms)


@dataclass(frozen=True, slots=True, repr=False)
class Frames:
    """What was taken from a recording; `warning` is what its reader should know, or empty."""

    taken: list[Frame]
    warning: str = ""


def from_video(path: Path, plan: Plan, progress: Progress) -> Frames:
    """Raises RecordingError."""
    video = VideoFile(path)
    times = video.times_ms(lambda share: progress(share / 2))
    chosen = choose(moments(plan.windows(_length_ms(times))), times)
    steps = {one.position: one for one in chosen}
    pictures = video.pictures(steps.keys(), lambda share: progress((1 + share) / 2))
    taken = [
        Frame(image, one.step, round(times[one.position]))
        for image, one in zip(pictures, chosen, strict=True)
    ]
    few = len(times) < 0.9 * video.declared - 2
    told = f"{len(times)} of {video.declared} pictures are shown: it was cut, or is damaged"
    return Frames(taken, told if few else "")


def from_folder(path: Path, plan: Plan) -> Frames:
    """As if its pictures had been taken 220 ms apart. Raises RecordingError."""
    files = list_frames(path)
    times = [float(n * INTERVAL_MS) for n in range(len(files))]
    chosen = choose(moments(plan.windows(_length_ms(times))), times)
    return Frames(
        [
            Frame(read_frame(files[one.position]), one.step, round(times[one.position]))
            for one in chosen
        ]
    )


def lit(taken: Sequence[Frame], challenge: Challenge) -> list[Frame]:
    """Under the challenge's colours, from the first frame on."""
    return [
        replace(one, colour=challenge.colour_at(one.monotonic_ms - taken[0].monotonic_ms))
        for one in taken
    ]


def _length_ms(times: Sequence[float]) -> float:
    """Until the last picture has been shown as long as the others were."""
    if len(times) < 2:
        raise RecordingError("too short: it is a single picture")
    return times[-1] + times[-1] / (len(times) - 1)
