"""Run every check of the code's form and of its promises; exit with 1 when one finds something."""

import sys
from pathlib import Path

from tests.checks.docstrings import check_docstrings
from tests.checks.limits import check_limits, read_exemptions
from tests.checks.promises import check_promises
from tests.checks.source import read_sources

REPOSITORY = Path(__file__).parents[2]


def main() -> int:
    """Print one line for each finding."""
    sources = read_sources(REPOSITORY)
    findings = [*check_limits(sources, read_exemptions()), *check_docstrings(sources)]
    findings += check_promises(REPOSITORY)
    for finding in sorted(findings):
        print(finding)
    if not findings:
        print(f"Size limits, required docstrings and promises: {len(sources)} files in order.")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
