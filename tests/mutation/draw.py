"""Draw 20 mutations in each of usecases, domain and face: python -m tests.mutation.draw --seed N.

All places are shuffled by the seed, and taken from the first on: at most 2 in a function, 2 in a
module and 4 of one operator, so that neither long modules nor the many constants fill the list.
The same seed and source give the same list.
"""

import argparse
import json
import random
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.mutation.sites import Site, sites

SEED = 15
EACH = 20
PER_FUNCTION = 2
PER_MODULE = 2
PER_OPERATOR = 4
FOLDERS = ("usecases", "domain", "face")
# They only write what an error or a report says.
WORDS = {"_shown", "__str__"}

ROOT = Path(__file__).parents[2]
PACKAGE = Path("service/facepay")
DRAWN = Path(__file__).with_name("drawn.json")


@dataclass(frozen=True)
class Candidate:
    file: str
    site: Site


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    seed = parser.parse_args().seed
    rng = random.Random(seed)  # noqa: S311 - a draw that everybody can repeat
    mutations = []
    for folder in FOLDERS:
        for number, candidate in enumerate(draw(candidates(folder), rng), start=1):
            mutations.append(as_record(f"{folder[0].upper()}{number:02}", folder, candidate))
    drawn = {"seed": seed, "commit": _commit(), "mutations": mutations}
    DRAWN.write_text(json.dumps(drawn, indent=2, ensure_ascii=False) + "\n")
    print(f"{len(mutations)} mutations in {DRAWN.relative_to(ROOT)}")


def candidates(folder: str) -> list[Candidate]:
    found = []
    for path in sorted((ROOT / PACKAGE / folder).rglob("*.py")):
        file = path.relative_to(ROOT).as_posix()
        found += [Candidate(file, site) for site in sites(path.read_text())]
    return [each for each in found if each.site.function.split(".")[-1] not in WORDS]


def draw(all_of_them: list[Candidate], rng: random.Random) -> list[Candidate]:
    shuffled = list(all_of_them)
    rng.shuffle(shuffled)
    taken: list[Candidate] = []
    counts: Counter[tuple[str, ...]] = Counter()
    for candidate in shuffled:
        site, file = candidate.site, candidate.file
        limits = {
            ("module", file): PER_MODULE,
            ("function", file, site.function): PER_FUNCTION,
            ("operator", site.operator): PER_OPERATOR,
        }
        if len(taken) < EACH and all(counts[key] < most for key, most in limits.items()):
            taken.append(candidate)
            counts.update(limits.keys())
    return sorted(taken, key=lambda each: (each.file, each.site.line, each.site.operator))


def as_record(name: str, folder: str, candidate: Candidate) -> dict[str, Any]:
    site = candidate.site
    return {
        "id": name,
        "folder": folder,
        "file": candidate.file,
        "function": site.function,
        "operator": site.operator,
        "nth": site.nth,
        "line": site.line,
        "before": site.before,
        "after": site.after,
    }


def _commit() -> str:
    git = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    return subprocess.run(git, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main()
