"""Measure what template protection gives and costs on real faces: `make bench-protection`.

The bench answers four questions, each with a control that shows a bench that measures nothing:

- can two templates of one face be linked without their keys?
- how much accuracy do protection and renewals cost?
- does an old template match a renewed one?
- what does a thief learn from a template alone?

Faces are read from DATA/lfw and kept in memory. The report has counts and rates only and is written
to var/bench/protection.json.

Without a key, a thief can compare templates as they are. The bench tries two ways: their Euclidean
distance, and that of their sorted coordinates' sizes. Others cannot reveal more: a uniform rotation
leaves nothing of a face in its template (docs/adr/0011-protected-templates.md).
"""

import argparse
import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from facepay.adapters.calibration_report import read_report, read_trusted_keys
from facepay.adapters.still_pictures import DescriberOptions
from facepay.face.recognition import template_protection as protection
from facepay.face_threshold import SHIPPED_KEY, SHIPPED_REPORT
from tests.bench.linkability import BINS, d_sys, noise_floor
from tests.bench.photos import DATA, Described, describe_lfw

REPORT = Path("var/bench/protection.json")
COMPARISONS = 30_000  # of each kind, for D_sys
DRAWS = 3  # of all secrets, to measure the loss of accuracy
RENEWALS = 10
FMR = 1e-4
CHECKED = 200
LIMIT = read_report(SHIPPED_REPORT, read_trusted_keys(SHIPPED_KEY)).threshold

Faces = NDArray[np.float64]
Way = Callable[[Faces, Faces], NDArray[np.float64]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-protection")
    parser.add_argument("data", nargs="?", type=Path, default=DATA, help="a folder with lfw/ in it")
    data: Path = parser.parse_args().data
    if not (data / "lfw").is_dir():
        print(f"{data} has no folder lfw")
        return 2
    with Progress(console=Console(stderr=True)) as progress:
        by = DescriberOptions()
        described = describe_lfw(data, progress, by)
        report = {
            "model": by.embedder().model,
            "photos": len(described.faces),
            "without_a_face": described.without_a_face,
            "people": len(set(described.people)),
            "unlinkability": _unlinkability(described, progress),
            "accuracy": _accuracy(described, progress),
            "renewal": _renewal(described.faces, progress),
            "irreversibility": _irreversibility(described.faces, progress),
        }
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))
    return 0


def _protected(faces: Faces, progress: Progress, label: str) -> Faces:
    """Protect each face under a secret of its own and return the templates that a thief sees."""
    task = progress.add_task(label, total=len(faces))
    seen = np.empty_like(faces)
    for number, face in enumerate(faces):
        seen[number] = protection.parse(protection.protect(face, secrets.token_bytes(32)))
        progress.advance(task)
    return seen


def _distances(one: Faces, other: Faces) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.linalg.norm(one - other, axis=1)
    return found


def _sorted_distances(one: Faces, other: Faces) -> NDArray[np.float64]:
    return _distances(np.sort(np.abs(one), axis=1), np.sort(np.abs(other), axis=1))


def _unlinkability(described: Described, progress: Progress) -> dict[str, Any]:
    """Compare one face and two faces under two keys, and the same without protection."""
    first, second = _two_photos_a_person(described)
    keys = int(np.ceil((COMPARISONS / len(first)) ** 0.5))
    left, right, same = (
        _protected(np.repeat(faces, keys, axis=0), progress, label).reshape(len(first), keys, -1)
        for faces, label in (
            (first, "one photo, several keys"),
            (second, "another photo, several keys"),
            (first, "the same photo, other keys"),
        )
    )
    ways: dict[str, Way] = {"distance": _distances, "sorted_sizes": _sorted_distances}
    return {
        "people": len(first),
        "keys_each": 2 * keys,
        "comparisons_of_each_kind": len(first) * keys**2,
        "bins": BINS,
        "target": 0.05,
        "d_sys": {name: _d_sys_of(way, left, right, same) for name, way in ways.items()},
        "control_unprotected_d_sys": round(
            d_sys(_distances(first, second), _distances(first, np.roll(second, 1, axis=0))), 4
        ),
    }


def _two_photos_a_person(described: Described) -> tuple[Faces, Faces]:
    of = [np.flatnonzero(described.people == person) for person in np.unique(described.people)]
    pairs = np.array([photos[:2] for photos in of if len(photos) >= 2])
    return described.faces[pairs[:, 0]], described.faces[pairs[:, 1]]


def _d_sys_of(way: Way, left: Faces, right: Faces, same: Faces) -> dict[str, Any]:
    def scores(one: Faces, other: Faces, shift: int = 0) -> NDArray[np.float64]:
        keys, other = one.shape[1], np.roll(other, shift, axis=0)
        found = [way(one[:, i], other[:, j]) for i in range(keys) for j in range(keys)]
        return np.concatenate(found)

    strangers = [scores(left, right, shift) for shift in (1, 2, 3, 4)]
    return {
        "two_photos": round(d_sys(scores(left, right), strangers[0]), 4),
        "the_same_photo": round(d_sys(scores(left, same), strangers[0]), 4),
        "noise_floor": noise_floor(strangers),
    }


class Trials:
    """Compares every photo with every other: one reference each, in the space of the probes."""

    def __init__(self, described: Described) -> None:
        self.probes = described.faces
        self.genuine = described.people[:, None] == described.people[None]
        self.impostor = ~self.genuine
        np.fill_diagonal(self.genuine, False)

    def rates(self, references: Faces) -> dict[str, float]:
        products = references.astype(np.float32) @ self.probes.astype(np.float32).T
        apart = np.sqrt(np.maximum(0, 2 - 2 * products))
        strangers, owners = apart[self.impostor], apart[self.genuine]
        allowed = int(FMR * len(strangers))
        threshold = np.partition(strangers, allowed)[allowed]
        return {
            "fnmr_percent": 100 * float((owners >= threshold).mean()),
            "fmr_at_policy": float((strangers <= LIMIT).mean()),
            "fnmr_percent_at_policy": 100 * float((owners > LIMIT).mean()),
        }


def _accuracy(described: Described, progress: Progress) -> dict[str, Any]:
    trials = Trials(described)
    plain = trials.rates(described.faces)
    drawn = [
        trials.rates(_turned_back(described.faces, progress, 0, f"accuracy, draw {draw + 1}"))
        for draw in range(DRAWS)
    ]
    renewed = trials.rates(
        _turned_back(described.faces, progress, RENEWALS, f"accuracy after {RENEWALS} renewals")
    )
    lost = [each["fnmr_percent"] - plain["fnmr_percent"] for each in drawn]
    return {
        "genuine": int(trials.genuine.sum()),
        "impostor": int(trials.impostor.sum()),
        "at_fmr": FMR,
        "target_lost_points": 0.1,
        "lost_points_mean": round(float(np.mean(lost)), 3),
        "lost_points_each_draw": [round(each, 3) for each in lost],
        f"lost_points_after_{RENEWALS}_renewals": round(
            renewed["fnmr_percent"] - plain["fnmr_percent"], 3
        ),
        "unprotected": plain,
        "protected": drawn[0],
    }


def _turned_back(faces: Faces, progress: Progress, renewals: int, label: str) -> Faces:
    """Turn each template back by its own secret: distances to it are those under the secret."""
    task = progress.add_task(label, total=len(faces))
    found = np.empty_like(faces)
    for number, face in enumerate(faces):
        secret = secrets.token_bytes(32)
        template = protection.protect(face, secret)
        for _ in range(renewals):
            new_secret = secrets.token_bytes(32)
            template, secret = protection.renew(template, secret, new_secret), new_secret
        found[number] = protection.parse(template)
        with protection._rotation(secret, len(face)) as rotation:
            rotation.rotate_back(found[number])
        if number % max(1, len(faces) // CHECKED) == 0:
            probe = faces[number - 1]
            exact = protection.distance(template, probe, secret)
            assert abs(np.linalg.norm(found[number] - probe) - exact) < 1e-9
        progress.advance(task)
    return found


def _renewal(faces: Faces, progress: Progress) -> dict[str, Any]:
    """Compare the stolen old template with the renewed one and with its owner's new secret."""
    task = progress.add_task("old against renewed", total=len(faces))
    templates, probes = [], []
    for face in faces:
        secret, new_secret = secrets.token_bytes(32), secrets.token_bytes(32)
        old = protection.protect(face, secret)
        renewed = protection.renew(old, secret, new_secret)
        templates.append(float(np.linalg.norm(protection.parse(old) - protection.parse(renewed))))
        probes.append(protection.distance(old, face, new_secret))
        progress.advance(task)
    return {
        "comparisons": len(faces),
        "old_template_to_renewed": _spread(templates),
        "old_template_to_its_owner_under_the_new_secret": _spread(probes),
    }


def _spread(distances: list[float]) -> dict[str, Any]:
    matches = sum(each <= LIMIT for each in distances)
    return {
        "matches": matches,
        "least": round(min(distances), 3),
        "mean": round(float(np.mean(distances)), 3),
    }


def _irreversibility(faces: Faces, progress: Progress) -> dict[str, Any]:
    """Guess the owner of a template from everybody's photos, without the key.

    The owner's very photo is among them. The best guess is the nearest face. The control has the
    key: with it, the template is the face.
    """
    seen = _protected(faces, progress, "guessing the owner")
    apart = np.sqrt(np.maximum(0, 2 - 2 * seen @ faces.T))
    own = np.diagonal(apart)
    rank = (apart < own[:, None]).mean(axis=1)
    with_key = np.linalg.norm(_turned_back(faces, progress, 0, "with the key") - faces, axis=1)
    return {
        "faces": len(faces),
        "guessed_right": int((apart.argmin(axis=1) == np.arange(len(faces))).sum()),
        "guessed_right_by_chance": 1,
        "mean_rank_of_the_owner": round(float(rank.mean()), 3),
        "mean_rank_by_chance": 0.5,
        "photos_within_the_policys_limit": int((apart <= LIMIT).sum()),
        "bits_of_a_secret": 8 * protection.SECRET_BYTES,
        "control_most_error_with_the_key": round(float(with_key.max()), 4),
    }


if __name__ == "__main__":
    raise SystemExit(main())
