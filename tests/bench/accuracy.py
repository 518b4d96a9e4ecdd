"""Measure how often faces are confused and owners refused: `make bench-accuracy`.

Half of Labeled Faces in the Wild gives the rates: photographs of different days, in protocols of k
reference and m probe pictures. The London set gives the rates of groups: a neutral against a
smiling picture.

Nothing is fitted to these pictures. Thresholds are read off the same comparisons that they are
reported for, as a DET curve is made. Only `facepay models calibrate` on other pictures shows the
value of a threshold.

The pictures lie outside the repository. Each is described once a run, and only rates and counts are
written: var/bench/accuracy.json, det.csv, det.png.
"""

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from facepay.adapters.calibrator import calibrated_model
from facepay.adapters.still_pictures import DescriberOptions, describe_files
from facepay.face.calibration.error_rates import Labels, Protocol, Scores, Vectors, det_curve, score
from facepay.face.models.cards import DEFAULT
from tests.bench import det_picture
from tests.bench.groups import group_rates, read_people

REPORTS = Path("var/bench")
SHARED = Path("../shared/data")
PROTOCOLS = (Protocol(1, 1), Protocol(3, 1), Protocol(3, 3))
RATES = {"1e-3": 1e-3, "1e-4": 1e-4, "1e-5": 1e-5}
GROUPS_AT = ("1x1", "1e-4")  # the groups' comparisons have one picture on each side, too
_DET_POINTS = [10 ** (exponent / 50) for exponent in range(-325, -14)]


@dataclass(frozen=True)
class Pictures:
    """The descriptors of a data set; `names` are the persons of the labels."""

    vectors: Vectors
    labels: Labels
    names: list[str]
    unusable: dict[str, int]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make bench-accuracy", description=__doc__)
    parser.add_argument("--lfw", type=Path, default=SHARED / "lfw", help="a folder a person")
    parser.add_argument("--london", type=Path, default=SHARED / "london")
    parser.add_argument("--out", type=Path, default=REPORTS)
    parser.add_argument("--processes", type=int, choices=(1, 2), default=2)
    parser.add_argument("--model", default=DEFAULT, help="a model that ships with facepay")
    options = parser.parse_args(argv)
    for folder in (options.lfw, options.london):
        if not folder.is_dir():
            parser.error(f"{folder} is not there: the pictures are not part of the repository")
    by = DescriberOptions(options.model, processes=options.processes)
    console = Console(stderr=True)
    lfw_files = sorted(options.lfw.glob("*/*.jpg"))
    lfw = _describe(console, "lfw", lfw_files, _folders(lfw_files), by)
    scores = {str(protocol): score(lfw.vectors, lfw.labels, protocol) for protocol in PROTOCOLS}
    at = scores[GROUPS_AT[0]].threshold_at(RATES[GROUPS_AT[1]])
    neutral, smiling = (
        sorted((options.london / mood).glob("*.jpg")) for mood in ("neutral", "smiling")
    )
    stems = [path.stem for path in (*neutral, *smiling)]
    london = _describe(console, "london", [*neutral, *smiling], stems, by)
    people = read_people(options.london / "people.csv")
    report = _report(scores, lfw, london, by)
    report["groups"] = group_rates(london.vectors, london.labels, london.names, people, at)
    _write(options.out, report, scores)
    _show(Console(), report)
    return 0


def _folders(files: Sequence[Path]) -> list[str]:
    return [path.parent.name for path in files]


def _describe(
    console: Console,
    title: str,
    files: Sequence[Path],
    persons: Sequence[str],
    by: DescriberOptions,
) -> Pictures:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    vectors, kept, unusable = [], [], {}
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        found = progress.track(
            describe_files(files, by), total=len(files), description=f"describing {title}"
        )
        for person, one in zip(persons, found, strict=True):
            if one.descriptor is None:
                unusable[one.refusal] = unusable.get(one.refusal, 0) + 1
            else:
                vectors.append(one.descriptor)
                kept.append(person)
    names, labels = np.unique(kept, return_inverse=True)
    return Pictures(np.stack(vectors), labels.astype(np.int64), names.tolist(), unusable)


def _report(
    scores: dict[str, Scores], lfw: Pictures, london: Pictures, by: DescriberOptions
) -> dict[str, Any]:
    def at_each(value: Any) -> dict[str, dict[str, Any]]:
        return {
            protocol: {name: value(one, one.threshold_at(rate)) for name, rate in RATES.items()}
            for protocol, one in scores.items()
        }

    return {
        "fnmr": at_each(lambda one, at: _rounded(one.false_non_matches(at).value)),
        "fnmr_upper_95": at_each(lambda one, at: _rounded(one.false_non_matches(at).upper)),
        "fmr_upper_95": at_each(lambda one, at: _rounded(one.false_matches(at).upper)),
        "thresholds": at_each(lambda one, at: round(at, 5)),
        "counts": {protocol: _counts(one) for protocol, one in scores.items()},
        "pictures": {
            name: {"used": len(one.vectors), "persons": len(one.names), "unusable": one.unusable}
            for name, one in (("lfw", lfw), ("london", london))
        },
        "model": asdict(calibrated_model(by.embedder().card)),
        "note": "comparisons are not independent: count persons, too (ISO/IEC 19795-1)",
    }


def _counts(scores: Scores) -> dict[str, Any]:
    return {
        "persons": scores.persons,
        "genuine": scores.genuine_trials,
        "impostor_persons": scores.impostor_persons,
        "impostor": scores.impostor_trials,
        "false_matches": {
            name: scores.false_matches(scores.threshold_at(rate)).errors
            for name, rate in RATES.items()
        },
        "false_non_matches": {
            name: scores.false_non_matches(scores.threshold_at(rate)).errors
            for name, rate in RATES.items()
        },
    }


def _rounded(rate: float) -> float | None:
    """Round to three significant digits; None where nothing was compared."""
    return None if math.isnan(rate) else float(f"{rate:.3g}")


def _write(folder: Path, report: dict[str, Any], scores: dict[str, Scores]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "accuracy.json").write_text(json.dumps(report, indent=2) + "\n")
    curves = {name: det_curve(one, _DET_POINTS) for name, one in scores.items()}
    lines = ["protocol,threshold,fmr,fnmr"]
    for name, curve in curves.items():
        lines += [f"{name},{at:.5f},{fmr:.4g},{fnmr:.4g}" for at, fmr, fnmr in curve]
    (folder / "det.csv").write_text("\n".join([*lines, ""]))
    genuine = {name: one.genuine_trials for name, one in scores.items()}
    det_picture.draw(curves, genuine, RATES, folder / "det.png")


def _show(console: Console, report: dict[str, Any]) -> None:
    console.print_json(json.dumps(report))
    rates = Table(
        "protocol",
        *(f"FNMR at FMR {name}" for name in RATES),
        "genuine",
        "impostor",
        title="LFW, half of the identities",
    )
    for protocol, row in report["fnmr"].items():
        counts = report["counts"][protocol]
        shown = [f"{row[name]:.2%}" for name in RATES]
        rates.add_row(protocol, *shown, f"{counts['genuine']:,}", f"{counts['impostor']:,}")
    console.print(rates)


if __name__ == "__main__":
    raise SystemExit(main())
