"""The face engine in a child process, shown one picture at a time under limits of time and memory.

A picture that ends the process is a finding, not the end of the test: the next one meets a fresh
child. Each picture replaces the one near-frontal frame of a short genuine burst, whose other frames
are turned: nothing but this picture can be compared. Possible results:

    refused   a registered refusal
    correct   seen, and as near to its own reference as policy asks
    altered   seen, and not recognised: decoded by the standard it shows something else by now
    wrong     not recognised although it shows the face, or taken for somebody else's
    crashed   another exception, the process's death, or no answer in time
"""

import multiprocessing
import resource
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from io import BytesIO
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

import numpy as np
from PIL import Image, ImageOps

from facepay.adapters.dlib_face import DlibFaceEngine
from facepay.adapters.policy_file import read_policy
from facepay.config import SHIPPED_POLICY, Settings
from facepay.domain.capture import Burst, Frame
from facepay.domain.errors import FacepayError
from facepay.face.model_store import ModelStore
from facepay.face_threshold import threshold_in_force
from facepay.web.problem_table import PROBLEMS
from facepay_rehearsal import bursts
from facepay_rehearsal.bursts import Shot
from tests.fakes.environment import LIVE
from tests.support.renders import rendered

PORTRAIT, STRANGER, STEPS, SEED = "grace", "eileen", ("turn_left", "turn_right"), 5
SECRET = bytearray(range(32))
LONGEST_MS = 2000.0
MOST_MIB = 128.0
PATIENCE_S = 20.0  # a busy machine; what is asked of a picture is measured in processor time
ADDRESS_SPACE = 4 << 30  # a picture that wants more is stopped by the kernel, as a finding
START_S = 120.0
NOT_MATCHED = "not matched"
_TILES = (32, 24)
# Grey levels that the mean of a tile may be off; the encoders that we try stay within 2.
_SAME_TILE = 16


@dataclass(frozen=True)
class Verdict:
    """`ms` is processor time, `grown_mib` the greatest memory of the process above its rest."""

    outcome: str
    said: str
    ms: float = 0.0
    grown_mib: float = 0.0

    @property
    def allowed(self) -> bool:
        """The engine handled the picture correctly, within the bounds of time and memory."""
        bounded = self.ms <= LONGEST_MS and self.grown_mib <= MOST_MIB
        return bounded and self.outcome in ("refused", "correct", "altered")


class WatchedEngine:
    """`with WatchedEngine() as engine: engine.look(picture)`."""

    def __init__(self) -> None:
        self.source, self._turned = _burst()
        self._process: Any = None
        self._pipe: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def look(self, picture: bytes) -> Verdict:
        pipe = self._pipe or self._begin()
        pipe.send_bytes(picture)
        try:
            if pipe.poll(PATIENCE_S):
                return self._weighed(picture, Verdict(*pipe.recv()))
        except (EOFError, OSError):
            self._process.join(5)
            said = f"ended with {self._process.exitcode}"
            self._end()
            return Verdict("crashed", said)
        self._end()
        return Verdict("crashed", f"no answer in {PATIENCE_S:g} s")

    def _weighed(self, picture: bytes, verdict: Verdict) -> Verdict:
        if verdict.said == NOT_MATCHED and _shows_something_else(picture, self.source.jpeg):
            return replace(verdict, outcome="altered")
        return verdict

    def _begin(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self.source, self._turned), daemon=True
        )
        self._process.start()
        theirs.close()
        self._pipe = ours
        if not ours.poll(START_S) or ours.recv() != "ready":
            raise RuntimeError("the engine did not start, or does not know its own reference")
        return ours

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._pipe is not None:
            self._pipe.close()
        self._process = self._pipe = None


def _burst() -> tuple[Shot, list[Shot]]:
    """Make one frame that looks ahead, and the two that are turned furthest."""
    shots = rendered(bursts.genuine, PORTRAIT, STEPS, SEED)
    return shots[0], [shots[bursts.HOLD_FRAMES + 2], shots[bursts.HOLD_FRAMES + 8]]


def _serve(pipe: Connection, source: Shot, turned: Sequence[Shot]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    embedder = ModelStore().embedder()
    engine = DlibFaceEngine(embedder)
    settings = Settings.from_environment(LIVE | {"FACEPAY_PROFILE": "rehearsal"})
    at_most = threshold_in_force(settings, read_policy(SHIPPED_POLICY), embedder.card)
    own, strangers = (_reference(engine, portrait) for portrait in (PORTRAIT, STRANGER))

    def judge(picture: bytes) -> tuple[str, str]:
        shown = [Shot(picture, 0, source.monotonic_ms), *turned]
        try:
            faces = engine.observe(_as_burst(shown))
            try:
                near = engine.distance(faces, own, SECRET) <= at_most
                mistaken = engine.distance(faces, strangers, SECRET) <= at_most
            finally:
                faces.wipe()
        except FacepayError as error:
            return ("refused" if error.code in PROBLEMS else "crashed"), error.code
        except Exception as error:
            return "crashed", type(error).__name__
        if mistaken:
            return "wrong", "taken for somebody else"
        return ("correct", "matched") if near else ("wrong", NOT_MATCHED)

    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    ready = [judge(source.jpeg) for _ in range(3)][-1] == ("correct", "matched")
    pipe.send("ready" if ready else "lost")
    rest = _resident_mib("VmRSS")
    with suppress(EOFError):
        while True:
            picture = pipe.recv_bytes()
            _forget_the_peak()
            begun = time.process_time()
            outcome, said = judge(picture)
            ms = (time.process_time() - begun) * 1000
            pipe.send((outcome, said, ms, max(0.0, _resident_mib("VmHWM") - rest)))


def _reference(engine: DlibFaceEngine, portrait: str) -> bytearray:
    faces = engine.observe(_as_burst(rendered(bursts.genuine, portrait, STEPS, SEED + 1)))
    return engine.reference(faces, SECRET)


def _shows_something_else(picture: bytes, source: bytes) -> bool:
    """Return whether an independent reader, too, sees the middle of the picture changed."""
    theirs, ours = (_tiles(content) for content in (picture, source))
    return bool(np.abs(theirs - ours).max() > _SAME_TILE)


def _tiles(content: bytes) -> np.ndarray:
    with Image.open(BytesIO(content)) as opened:
        grey = ImageOps.exif_transpose(opened).convert("L").resize(_TILES, Image.Resampling.BOX)
    width, height = _TILES
    tiles = np.asarray(grey, dtype=np.int16)
    return tiles[height // 8 : -height // 8, width // 4 : -width // 4]


def _as_burst(shots: Sequence[Shot]) -> Burst:
    frames = tuple(Frame(shot.jpeg, shot.step, shot.monotonic_ms) for shot in shots)
    return Burst(frames, mirrored=False)


def _forget_the_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _resident_mib(line: str) -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{line}:")[1].split()[0]) / 1024
