"""Measure error rates of groups of people: self-declared gender, ethnicity, age band.

The service itself never asks for any of these. A genuine comparison is of a person's first picture
(neutral) and second (smiling); an impostor comparison is of two persons, both ways round. Groups of
a dozen people cannot support 1e-4; read their bounds.
"""

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np

from facepay.face.calibration.error_rates import (
    LabelledVectors,
    Labels,
    Rate,
    Vectors,
    compare,
    unit,
)

AGE_BANDS = ((0, 25, "under 25"), (25, 35, "25 to 34"), (35, 200, "35 and over"))


def read_people(path: Path) -> dict[str, dict[str, str]]:
    """Read person -> grouping -> group from the London set's people.csv."""
    with path.open(newline="") as file:
        return {
            row["face_id"]: {
                "gender": row["face_gender"],
                "ethnicity": row["face_eth"],
                "age": _band(row["face_age"]),
            }
            for row in csv.DictReader(file)
        }


def group_rates(
    vectors: Vectors,
    labels: Labels,
    names: list[str],
    people: dict[str, dict[str, str]],
    threshold: float,
) -> dict[str, Any]:
    """Return FNMR, FMR within the group and FMR against everybody, for all and for each group."""
    first = [int(np.flatnonzero(labels == one)[0]) for one in range(len(names))]
    second = [int(np.flatnonzero(labels == one)[-1]) for one in range(len(names))]
    both = [one for one in range(len(names)) if first[one] != second[one]]
    neutral = LabelledVectors(unit(vectors[[first[one] for one in both]]), np.array(both))
    smiling = LabelledVectors(unit(vectors[[second[one] for one in both]]), np.array(both))
    everybody = np.ones(len(both), dtype=bool)
    report: dict[str, Any] = {
        "threshold": round(threshold, 5),
        "everybody": _rates(neutral, smiling, everybody, threshold),
    }
    for grouping in next(iter(people.values())):
        of = np.array([people[names[one]][grouping] for one in both])
        report[grouping] = {
            str(group): _rates(neutral, smiling, of == group, threshold) for group in np.unique(of)
        }
    return report


def _rates(
    neutral: LabelledVectors, smiling: LabelledVectors, chosen: np.ndarray, threshold: float
) -> dict[str, Any]:
    mine = [
        LabelledVectors(side.vectors[chosen], side.persons[chosen]) for side in (neutral, smiling)
    ]
    within = compare(mine[0], mine[1])
    overall = compare(mine[0], smiling)
    return {
        "persons": int(chosen.sum()),
        "fnmr": _told(within.false_non_matches(threshold)),
        "fmr_within": _told(within.false_matches(threshold)),
        "fmr_overall": _told(overall.false_matches(threshold)),
    }


def _told(rate: Rate) -> dict[str, Any]:
    value = None if math.isnan(rate.value) else float(f"{rate.value:.3g}")
    upper = float(f"{rate.upper:.3g}")
    return {"rate": value, "upper_95": upper, "errors": rate.errors, "comparisons": rate.trials}


def _band(age: str) -> str:
    if not age.isdecimal():
        return "not given"
    return next(name for low, high, name in AGE_BANDS if low <= int(age) < high)
