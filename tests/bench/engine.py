"""What describing a face costs, against dlib's own network: `make bench-engine`.

One process, one run, the same rendered frames for everybody, and the contenders take turns within
each round: other work on the machine slows all of them, so believe the ratios before the
milliseconds. Everything runs on one thread. Writes var/bench/engine.json; no pixels are in it.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from facepay.face import embed, session
from facepay.face.decode import Pixels, decode
from facepay.face.detect import find_faces
from facepay.face.landmarks import find_points
from facepay.face.observe import SentFrame, observe
from facepay_rehearsal import bursts
from tests.stand import dlib_network

REPORT = Path("var/bench/engine.json")
ROUNDS = 15
BATCH = 8
PROBES = 2  # chips that a payment describes
# With the taps that fall on padding; without them 241 M, so the share may pass 1 by a little.
MULTIPLY_ADDS = 271_000_000
SEEDS = (3, 4)
STEPS = ("turn_left", "turn_right")
_SIDE = 1024  # of the matrices that show what this core can do

Timed = Callable[[], object]


def main() -> int:
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        print("the limit is measured on one thread: use `make bench-engine`", file=sys.stderr)
        return 2
    frames = [
        SentFrame(shot.jpeg, shot.step)
        for name in ("eileen", "grace")
        for seed in SEEDS
        for shot in bursts.genuine(name, STEPS, seed)
    ]
    chips = _chips(frames)
    rounds = _rounds(_contenders(chips))
    report = _report(chips, rounds) | {"stages_ms": _stages(frames, rounds)}
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))
    return 0


def _chips(frames: list[SentFrame]) -> Pixels:
    seen = observe(frames, mirrored=False).seen
    return np.stack([frame.chip for frame in seen if frame.chip is not None])


def _contenders(chips: Pixels) -> dict[str, Timed]:
    left = np.random.default_rng(1).random((_SIDE, _SIDE), np.float32)
    right = left.T.copy()
    return {
        "dlib": lambda: dlib_network.run(chips[:1]),
        "one": lambda: session.run(chips[:1]),
        "probes": lambda: session.run(chips[:PROBES]),
        "batch": lambda: session.run(chips[:BATCH]),
        "sgemm": lambda: left @ right,
    }


def _rounds(contenders: dict[str, Timed]) -> list[dict[str, float]]:
    """Milliseconds by contender for each round; the first, which loads the models, is dropped."""
    rounds = []
    for number in range(ROUNDS + 1):
        _progress(f"round {number} of {ROUNDS}")
        rounds.append({name: _took(act) for name, act in contenders.items()})
    _progress("")
    return rounds[1:]


def _took(act: Timed) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def _report(chips: Pixels, rounds: list[dict[str, float]]) -> dict[str, Any]:
    def ratio(slow: str, fast: str, times: int) -> float:
        return round(median(one[slow] / (one[fast] / times) for one in rounds), 1)

    _progress(f"comparing {len(chips)} chips with dlib")
    ours, theirs = session.run(chips), dlib_network.run(chips)
    _progress("")
    # A limit is the best this core was seen to do, so both sides of the share are their best.
    gflops = 2 * _SIDE**3 / min(one["sgemm"] for one in rounds) / 1e6
    floor = 2 * MULTIPLY_ADDS / gflops / 1e6
    best = min(one["batch"] for one in rounds) / BATCH
    return {
        "speedup": {
            "embedding_fp32": ratio("dlib", "one", 1),
            f"embedding_fp32_batch_{BATCH}": ratio("dlib", "batch", BATCH),
        },
        "max_abs_diff_fp32": float(np.abs(ours - theirs).max()),
        "max_distance_diff_fp32": _distance_difference(ours, theirs),
        "chips": len(chips),
        "rounds": len(rounds),
        "load_average": round(os.getloadavg()[0], 1),
        "limit": {
            "sgemm_gflops": round(gflops, 1),
            "multiply_adds": MULTIPLY_ADDS,
            "floor_ms": round(floor, 2),
            f"share_of_limit_batch_{BATCH}": round(floor / best, 2),
        },
    }


def _distance_difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The most that any distance of two chips differs."""

    def distances(found: np.ndarray) -> np.ndarray:
        exact = found.astype(np.float64)
        return np.linalg.norm(exact[:, None] - exact[None], axis=2)

    return float(np.abs(distances(ours) - distances(theirs)).max())


def _stages(frames: list[SentFrame], rounds: list[dict[str, float]]) -> dict[str, float]:
    """Median milliseconds: a frame for the first four, a chip or a payment for the others."""
    taken: dict[str, list[float]] = {"decode": [], "detect": [], "landmarks": [], "align": []}
    for number, frame in enumerate(frames):
        _progress(f"frame {number + 1} of {len(frames)}")
        pixels = decode(frame.image)
        faces = find_faces(pixels)
        if not faces:
            continue
        points = find_points(pixels, faces[0])
        taken["decode"].append(_took(lambda: decode(frame.image)))  # noqa: B023
        taken["detect"].append(_took(lambda: find_faces(pixels)))  # noqa: B023
        taken["landmarks"].append(_took(lambda: find_points(pixels, faces[0])))  # noqa: B023
        taken["align"].append(_took(lambda: embed.align(pixels, faces[0], points)))  # noqa: B023
    _progress("")
    named = {
        "embed_dlib_one_chip": "dlib",
        "embed_fp32_one_chip": "one",
        f"embed_fp32_payment_{PROBES}_chips": "probes",
        f"embed_fp32_batch_{BATCH}": "batch",
    }
    stages = {name: median(values) for name, values in taken.items()}
    stages |= {name: median(one[key] for one in rounds) for name, key in named.items()}
    return {name: round(value, 2) for name, value in stages.items()}


def _progress(text: str) -> None:
    """One line that is written over; nothing of it in a log."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
