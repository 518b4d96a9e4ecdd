"""Mutate `domain/` with mutmut, and list the mutants that no unit test finds.

    python -m tests.mutation.domain [--work DIR]

mutmut knows packages below `src/` alone, so it works on a copy in var/mutate. It prints how many
mutants were killed, and writes the survivors with their changes to var/mutate/survivors.txt;
docs/mutation.md judges them.
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORK = ROOT / "var" / "mutate"
# Unit tests of the face engine do not reach the rules of payments.
TESTS = ["tests/unit/client", "tests/unit/domain", "tests/unit/usecases"]
TESTS += sorted(str(file.relative_to(ROOT)) for file in (ROOT / "tests/unit").glob("test_*.py"))
# pytest's settings are kept, mutmut's are added.
SETTINGS = f"""
[tool.mutmut]
source_paths = ["src/facepay"]
only_mutate = ["src/facepay/domain/*"]
pytest_add_cli_args = ["-p", "no:cacheprovider"]
pytest_add_cli_args_test_selection = {TESTS}
also_copy = ["sdk_spec"]
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=WORK)
    work = parser.parse_args().work.resolve()
    _copy(work)
    _mutmut(work, "run")
    _mutmut(work, "export-cicd-stats")
    stats = json.loads((work / "mutants/mutmut-cicd-stats.json").read_text())
    survivors = work / "survivors.txt"
    names = _survived(_mutmut(work, "results", silent=True))
    survivors.write_text("\n".join(_mutmut(work, "show", name, silent=True) for name in names))
    counted = ", ".join(f"{count} {status}" for status, count in stats.items() if count)
    print(f"mutants of domain/: {counted}")
    print(f"survivors and their changes: {survivors}")


def _copy(work: Path) -> None:
    shutil.rmtree(work, ignore_errors=True)
    unwanted = shutil.ignore_patterns("__pycache__")
    for source, copy in (
        ("service/facepay", "src/facepay"),
        ("tests", "tests"),
        ("sdk_spec", "sdk_spec"),
    ):
        shutil.copytree(ROOT / source, work / copy, ignore=unwanted)
    (work / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text() + SETTINGS)


def _mutmut(work: Path, *arguments: str, silent: bool = False) -> str:
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, cwd=work, check=True, text=True, capture_output=silent).stdout


def _survived(results: str) -> list[str]:
    """Read lines like `facepay.domain.money.x_f__mutmut_1: survived`."""
    lines = (line.strip().rpartition(": ") for line in results.splitlines())
    return [name for name, _, status in lines if status in ("survived", "no tests")]


if __name__ == "__main__":
    main()
