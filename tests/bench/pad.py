"""Measure how often attacks pass the liveness check, and payers fail it: `make bench-pad`.

ISO/IEC 30107-3: APCER of every species and BPCER of every genuine variant, with counts and 95 %
bounds, and never an average over species. Captures are rendered (`pad_renders`). A rendered head
that passes shows that the signals work; it does not show that people pass.

Thresholds are chosen on half of the people: the report has their scores of every signal, so that a
threshold can be seen to lie between. The rates are counted on the other half. If
FACEPAY_PASSIVE_FILES names a folder, everything is counted with the passive networks too.

    python -m tests.bench.pad [NAME ...] [--people 40] [--workers 2] [--half report]

Writes var/bench/pad.json, without pixels.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from facepay.face.calibration.confidence import upper_bound
from facepay.face.errors import FaceRefusal
from facepay.face.model_store import ModelStore
from facepay.face.observe import SentFrame, observe
from facepay.face.pad.evaluate import PadEvaluator
from facepay.face.pad.fusion import Judgement, Outcome, fuse
from facepay.face.pad.passive import open_pack
from facepay.face.pad.thresholds import thresholds
from facepay.face.recognition import recognise
from facepay.face.recognition.embed import Descriptor, Embedder
from facepay_rehearsal.species import GENUINE, SPECIES
from tests.bench import pad_stills, pad_table
from tests.bench.pad_renders import Capture, Task, captures, render, tasks_of

REPORT = Path("var/bench/pad.json")
PEOPLE = 40
SAME_PERSON = 0.3007  # of the report that ships with this version
_REFERENCE = "indoor"


@dataclass(frozen=True)
class Judged:
    """The result of one capture; `plain` is without passive networks, `full` with them.

    `distance` is to the owner's reference, None where nothing was compared.
    """

    task: Task
    plain: str
    reason: str
    full: str
    scores: dict[str, float | None]
    verdicts: dict[str, str]
    distance: float | None
    frames: int
    cpu_s: float
    seconds: dict[str, float]


def main(arguments: Sequence[str]) -> int:
    chosen = _parser().parse_args(arguments)
    console = Console()
    tasks = [
        task
        for task in tasks_of(chosen.names, chosen.people)
        if chosen.half in ("both", task.person.half)
    ]
    references = [Task(_REFERENCE, person, 1) for person in {task.person for task in tasks}]
    render([*tasks, *references], chosen.workers, console)
    judged = _all_judged(tasks, chosen.workers, console)
    report = _report(judged)
    report["passive_on_stills"] = _passive_on_stills(console)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    pad_table.show(report, console)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure the liveness check.")
    parser.add_argument("names", nargs="*", help="species or variants; all without")
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--half", choices=("both", "choose", "report"), default="both")
    return parser


def _all_judged(tasks: Sequence[Task], workers: int, console: Console) -> list[Judged]:
    with ProcessPoolExecutor(workers) as pool:
        done = pool.map(_judge, sorted(tasks, key=lambda task: task.person.number), chunksize=4)
        return list(track(done, "judging", total=len(tasks), console=console))


@cache
def _evaluator() -> PadEvaluator:
    folder = os.environ.get("FACEPAY_PASSIVE_FILES", "")
    pack = open_pack(Path(folder)) if folder else None
    return PadEvaluator(ModelStore().embedder(), SAME_PERSON, thresholds(), pack)


def _judge(task: Task) -> Judged:
    (capture,) = captures([task])
    evaluator = _evaluator()
    started = time.process_time()
    try:
        seen = observe(_sent(capture), mirrored=False)
    except FaceRefusal as refusal:
        took = time.process_time() - started
        return _refused(capture, f"engine: {refusal.kind.value}", took)
    try:
        judgement = evaluator.judge(seen, capture.challenge)
        took = time.process_time() - started
        passed = judgement.outcome is Outcome.BONA_FIDE
        distance = _distance(seen, task, evaluator.embedder) if passed else None
        return _told(capture, judgement, distance, took, dict(seen.seconds))
    finally:
        seen.wipe()


def _told(
    capture: Capture,
    judgement: Judgement,
    distance: float | None,
    took: float,
    seconds: dict[str, float],
) -> Judged:
    without = [signal for signal in judgement.signals if signal.name != "passive"]
    plain = fuse(without, capture.challenge)
    return Judged(
        task=capture.task,
        plain=plain.outcome.value,
        reason=plain.reason,
        full=judgement.outcome.value,
        scores={signal.name: signal.score for signal in judgement.signals},
        verdicts={signal.name: signal.verdict.value for signal in judgement.signals},
        distance=distance,
        frames=len(capture.shots),
        cpu_s=took,
        seconds=seconds,
    )


def _refused(capture: Capture, reason: str, took: float) -> Judged:
    return Judged(
        task=capture.task,
        plain="refused",
        reason=reason,
        full="refused",
        scores={},
        verdicts={},
        distance=None,
        frames=len(capture.shots),
        cpu_s=took,
        seconds={},
    )


def _sent(capture: Capture) -> list[SentFrame]:
    return [
        SentFrame(shot.jpeg, shot.step, shot.monotonic_ms, shot.colour) for shot in capture.shots
    ]


def _distance(seen: Any, task: Task, embedder: Embedder) -> float:
    probe = recognise.probe(seen, embedder)
    return embedder.distance(_reference(Task(_REFERENCE, task.person, 1)), probe)


@cache
def _reference(task: Task) -> Descriptor:
    (capture,) = captures([task])
    seen = observe(_sent(capture), mirrored=False)
    try:
        return recognise.reference(seen, _evaluator().embedder)
    finally:
        seen.wipe()


def _passive_on_stills(console: Console) -> dict[str, Any] | None:
    """Score the photographs themselves; None without networks."""
    pack, limits = _evaluator().pack, thresholds().passive
    if pack is None:
        return None
    scores = pad_stills.passive_scores(pack, console)
    return {
        "n": len(scores),
        "quantiles": _spread(scores),
        "refused": sum(score < limits.attack_below for score in scores),
        "unclear": sum(limits.attack_below <= score < limits.pass_from for score in scores),
    }


def _report(judged: Sequence[Judged]) -> dict[str, Any]:
    limits = thresholds()
    by_name: dict[str, list[Judged]] = defaultdict(list)
    for each in judged:
        if each.task.person.half == "report":
            by_name[each.task.name].append(each)
    heard = [each for each in judged if each.seconds]
    frames = sum(each.frames for each in heard) or 1
    return {
        "thresholds": limits.version,
        "landmarks": "5-point",
        "people": len({each.task.person.number for each in judged}),
        "passive": bool(os.environ.get("FACEPAY_PASSIVE_FILES")),
        "species": {name: _species(name, by_name[name]) for name in SPECIES if by_name.get(name)},
        "genuine": {name: _genuine(by_name[name]) for name in GENUINE if by_name.get(name)},
        "ms_per_frame": round(sum(each.cpu_s for each in heard) / frames * 1000, 2),
        "ms_per_frame_of": _parts(heard, frames),
        "choose": _scores(each for each in judged if each.task.person.half == "choose"),
    }


def _species(name: str, judged: Sequence[Judged]) -> dict[str, Any]:
    accepted = [each for each in judged if each.plain == Outcome.BONA_FIDE.value]
    matched = [each for each in accepted if _is_match(each)]
    with_pack = sum(each.full == Outcome.BONA_FIDE.value for each in judged)
    n = len(judged)
    return {
        "class": SPECIES[name].cls,
        "n": n,
        "apcer": round(len(accepted) / n, 4),
        "upper95": round(upper_bound(len(accepted), n), 4),
        "iapar": round(len(matched) / n, 4),
        "apcer_with_passive": round(with_pack / n, 4),
        "stopped_by": dict(Counter(each.reason for each in judged if each not in accepted)),
        "each_signal_alone": _alone(judged),
    }


def _genuine(judged: Sequence[Judged]) -> dict[str, Any]:
    refused = [each for each in judged if each.plain != Outcome.BONA_FIDE.value]
    with_pack = sum(each.full != Outcome.BONA_FIDE.value for each in judged)
    n = len(judged)
    return {
        "n": n,
        "bpcer": round(len(refused) / n, 4),
        "upper95": round(upper_bound(len(refused), n), 4),
        "bpcer_with_passive": round(with_pack / n, 4),
        "not_matched": sum(not _is_match(each) for each in judged if each not in refused),
        "refused_by": dict(Counter(each.reason for each in refused)),
    }


def _is_match(judged: Judged) -> bool:
    return judged.distance is not None and judged.distance <= SAME_PERSON


def _alone(judged: Sequence[Judged]) -> dict[str, int]:
    """Count the captures that each signal alone would not have let pass."""
    stopped = Counter(
        name for each in judged for name, verdict in each.verdicts.items() if verdict != "pass"
    )
    refused = sum(not each.verdicts for each in judged)
    return dict(stopped) | ({"engine": refused} if refused else {})


def _parts(judged: Sequence[Judged], frames: int) -> dict[str, float]:
    taken: Counter[str] = Counter()
    for each in judged:
        taken.update(each.seconds)
    return {part: round(seconds / frames * 1000, 2) for part, seconds in taken.most_common()}


def _scores(judged: Iterable[Judged]) -> dict[str, dict[str, list[float]]]:
    """Return smallest, median and largest score, by signal and name."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for each in judged:
        for signal, score in each.scores.items():
            if score is not None:
                found[signal][each.task.name].append(score)
    return {
        signal: {name: _spread(scores) for name, scores in names.items()}
        for signal, names in found.items()
    }


def _spread(scores: Sequence[float]) -> list[float]:
    return [round(float(value), 4) for value in np.percentile(scores, [0, 5, 50, 95, 100])]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
