"""Measure the cost of a capture against the face_recognition package: `make bench-engine`.

One process runs all contenders in turns on the same rendered frames. Other work on the machine
slows all of them: trust the ratios more than the milliseconds. The service's capture uses a second
thread, as in production, to decode and to search for bystanders; all else runs on one. The bench
writes var/bench/engine.json, without pixels.

The documented use of face_recognition is its README's: load the file, `face_locations(image)`,
`face_encodings(image)`, which locates once more. Beside it stands a careful use: locations are
passed on, and only as many frames are encoded as the service describes.
"""

import io
import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import dlib
import numpy as np
from PIL import Image
from rich.progress import track

from facepay.face.frames.decode import Pixels, decode
from facepay.face.model_store import ModelStore
from facepay.face.models import model_cache
from facepay.face.models.converted import INPUT, OUTPUT
from facepay.face.models.session import Network
from facepay.face.observe import SentFrame, observe
from facepay.face.recognition import recognise
from facepay.face.recognition.embed import Embedder
from facepay_rehearsal import bursts
from tests.support import dlib_network

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the package imports pkg_resources
    import face_recognition

REPORT = Path("var/bench/engine.json")
ROUNDS = 12
FRAMES, WIDTH, HEIGHT, JPEG_QUALITY = 8, 1280, 720, 88
BATCH = 8
# With the taps that fall on padding; without them 241 M, so the share may pass 1 by a little.
MULTIPLY_ADDS = 271_000_000
PRECISIONS = ("fp32", "int8")
_AT_LEAST_S = 0.05
_SIDE = 1024  # of the matrices that show what this core can do

Timed = Callable[[], object]


def main() -> int:
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        print("the limit is measured on one thread: use `make bench-engine`", file=sys.stderr)
        return 2
    frames = _capture()
    embedders = {name: ModelStore().embedder(f"dlib-resnet-v1-{name}") for name in PRECISIONS}
    chips = _chips(embedders["fp32"])
    stages: dict[str, list[dict[str, float]]] = {name: [] for name in PRECISIONS}
    contenders = _contenders(frames, chips, embedders, stages)
    rounds = [
        {name: _took(act) for name, act in contenders.items()}
        for _ in track(range(ROUNDS + 1), "rounds", transient=True)
    ][1:]  # the first loads the models
    report = _report(rounds, chips, stages)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))
    return 0


def _capture() -> list[SentFrame]:
    """Make four still frames and the first four of a turn, as from a 720p camera."""
    shots = bursts.genuine("eileen", ("turn_left", "turn_right"), 3)[:FRAMES]
    return [SentFrame(_widened(shot.jpeg), shot.step) for shot in shots]


def _widened(jpeg: bytes) -> bytes:
    whole = Image.open(io.BytesIO(jpeg)).resize((WIDTH, WIDTH * 3 // 4), Image.Resampling.BICUBIC)
    top = (whole.height - HEIGHT) // 2
    stored = io.BytesIO()
    whole.crop((0, top, WIDTH, top + HEIGHT)).save(stored, "JPEG", quality=JPEG_QUALITY)
    return stored.getvalue()


def _chips(embedder: Embedder) -> Pixels:
    chips = []
    for name in ("eileen", "grace"):
        for seed in (3, 4):
            shots = bursts.genuine(name, ("turn_left", "turn_right"), seed)
            seen = observe([SentFrame(s.jpeg, s.step) for s in shots], mirrored=False).seen
            frontal = [frame for frame in seen if frame.near_frontal]
            chips += [recognise.take_chip(one.image, one.points, embedder) for one in frontal]
    return np.stack(chips)


def _contenders(
    frames: Sequence[SentFrame],
    chips: Pixels,
    embedders: dict[str, Embedder],
    stages: dict[str, list[dict[str, float]]],
) -> dict[str, Timed]:
    left = np.random.default_rng(1).random((_SIDE, _SIDE), np.float32)
    right = left.T.copy()
    picture = decode(frames[0].image)
    places = face_recognition.face_locations(picture, number_of_times_to_upsample=0)
    networks = {name: _network(name) for name in PRECISIONS}
    acts: dict[str, Timed] = {
        "capture_documented": lambda: _documented(frames),
        "capture_careful": lambda: _careful(frames),
        "encoding_known_location": lambda: face_recognition.face_encodings(picture, places),
        "sgemm": lambda: left @ right,
    }
    for name in PRECISIONS:
        acts[f"capture_{name}"] = partial(_ours, frames, embedders[name], stages[name])
        acts[f"one_{name}"] = partial(networks[name].run, OUTPUT, {INPUT: chips[:1]})
        acts[f"batch_{name}"] = partial(networks[name].run, OUTPUT, {INPUT: chips[:BATCH]})
    return acts


def _network(precision: str) -> Network:
    return Network(partial(model_cache.load_model, precision))


def _documented(frames: Sequence[SentFrame]) -> None:
    for frame in frames:
        picture = face_recognition.load_image_file(io.BytesIO(frame.image))
        face_recognition.face_locations(picture)
        face_recognition.face_encodings(picture)


def _careful(frames: Sequence[SentFrame]) -> None:
    for number, frame in enumerate(frames):
        picture = face_recognition.load_image_file(io.BytesIO(frame.image))
        places = face_recognition.face_locations(picture)
        if number < recognise.PROBE_FRAMES:
            face_recognition.face_encodings(picture, places)


def _ours(frames: Sequence[SentFrame], embedder: Embedder, stages: list[dict[str, float]]) -> None:
    observation = observe(frames, mirrored=False)
    recognise.probe(observation, embedder)
    stages.append({name: taken * 1000 for name, taken in observation.seconds.items()})
    observation.wipe()


def _took(act: Timed) -> float:
    """Return the milliseconds of one call; a quick call is repeated for 50 ms."""
    started, calls = time.perf_counter(), 0
    while not calls or time.perf_counter() - started < _AT_LEAST_S:
        act()
        calls += 1
    return (time.perf_counter() - started) * 1000 / calls


def _report(
    rounds: list[dict[str, float]], chips: Pixels, stages: dict[str, list[dict[str, float]]]
) -> dict[str, Any]:
    def ratio(slow: str, fast: str) -> float:
        return round(median(one[slow] / one[fast] for one in rounds), 1)

    speedup = {
        f"embedding_{name}": ratio("encoding_known_location", f"one_{name}") for name in PRECISIONS
    }
    speedup |= {
        f"capture_{name}": ratio("capture_documented", f"capture_{name}") for name in PRECISIONS
    }
    careful = {name: ratio("capture_careful", f"capture_{name}") for name in PRECISIONS}
    ours, theirs = (
        _network("fp32").run(OUTPUT, {INPUT: chips}),
        dlib_network.run(chips),
    )
    return {
        "speedup": speedup,
        "speedup_over_two_encodings_with_locations_passed": careful,
        "max_abs_diff_fp32": float(np.abs(ours - theirs).max()),
        "stages_ms": {name: _stages(one[1:]) for name, one in stages.items()},
        "median_ms": {name: round(median(one[name] for one in rounds), 2) for name in rounds[0]},
        "capture": {"frames": FRAMES, "width": WIDTH, "height": HEIGHT, "embeddings": 2},
        "limit": {name: _limit(rounds, f"batch_{name}") for name in PRECISIONS},
        "chips_compared": len(chips),
        "rounds": len(rounds),
        "load_average": round(os.getloadavg()[0], 1),
        "dlib": dlib.__version__,
    }


def _stages(captures: list[dict[str, float]]) -> dict[str, float]:
    """Return the median milliseconds of a whole capture, by stage."""
    return {name: round(median(one[name] for one in captures), 2) for name in captures[0]}


def _limit(rounds: list[dict[str, float]], batch: str) -> dict[str, float]:
    """Compare the network with the best float32 speed that this core reached."""
    gflops = 2 * _SIDE**3 / min(one["sgemm"] for one in rounds) / 1e6
    floor = 2 * MULTIPLY_ADDS / gflops / 1e6
    best = min(one[batch] for one in rounds) / BATCH
    return {
        "sgemm_gflops": round(gflops, 1),
        "multiply_adds": MULTIPLY_ADDS,
        "floor_ms": round(floor, 2),
        "best_ms": round(best, 2),
        "share_of_limit": round(floor / best, 2),
    }


if __name__ == "__main__":
    raise SystemExit(main())
