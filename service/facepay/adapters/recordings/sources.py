"""Turn a video or a folder of pictures into the frames of a capture."""

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
    """The parts of a recording that belong to the hold and to each of `steps` steps.

    Without `prompts_ms`, the hold lasts `hold_ms` and the steps share the rest equally.
    """

    steps: int
    hold_ms: float
    prompts_ms: tuple[float, ...] = ()

    def windows(self, length_ms: float) -> list[Window]:
        """Return the windows of a recording of this length. Raises RecordingError."""
        if self.prompts_ms:
            return prompted_windows(self.prompts_ms, length_ms=length_ms)
        return even_windows(self.steps, hold_ms=self.hold_ms, length_ms=length_ms)


@dataclass(frozen=True, slots=True, repr=False)
class Frames:
    """The frames taken from a recording, and a warning for the user, or an empty one."""

    taken: list[Frame]
    warning: str = ""


def from_video(path: Path, plan: Plan, progress: Progress) -> Frames:
    """Take the planned frames of a video file. Raises RecordingError."""
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
    warning = f"only {len(times)} of {video.declared} pictures can be read: it is cut or damaged"
    return Frames(taken, warning if few else "")


def from_folder(path: Path, plan: Plan) -> Frames:
    """Take the planned frames of a folder of pictures, 220 ms apart. Raises RecordingError."""
    files = list_frames(path)
    times = [float(n * INTERVAL_MS) for n in range(len(files))]
    chosen = choose(moments(plan.windows(_length_ms(times))), times)
    return Frames(
        [
            Frame(read_frame(files[one.position]), one.step, round(times[one.position]))
            for one in chosen
        ]
    )


def with_light(taken: Sequence[Frame], challenge: Challenge) -> list[Frame]:
    """Set each frame's colour to the challenge's, counting time from the first frame."""
    return [
        replace(one, colour=challenge.colour_at(one.monotonic_ms - taken[0].monotonic_ms))
        for one in taken
    ]


def _length_ms(times: Sequence[float]) -> float:
    """Return the length of a recording whose last picture is shown as long as the others."""
    if len(times) < 2:
        raise RecordingError("too short: it has a single picture")
    return times[-1] + times[-1] / (len(times) - 1)
