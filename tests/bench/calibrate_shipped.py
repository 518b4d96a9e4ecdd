"""Make the report that rehearsals start with: `make calibrate-shipped`, when the model changed.

Run `facepay models calibrate` on Labeled Faces in the Wild with a fresh key. Its private half is
thrown away; its public half is written beside the report. See policy/README.md for its value.
"""

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from joserfc.jwk import ECKey

from facepay.cli import main as facepay
from facepay.face_threshold import SHIPPED_KEY, SHIPPED_REPORT
from tests.bench.accuracy import SHARED

NAME = "Labeled Faces in the Wild, deep-funnelled, half of the identities"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make calibrate-shipped", description=__doc__)
    parser.add_argument("--lfw", type=Path, default=SHARED / "lfw", help="a folder a person")
    folder = parser.parse_args(argv).lfw
    files = sorted(folder.glob("*/*.jpg"))
    if not files:
        parser.error(f"{folder} has no pictures: they are not part of the repository")
    key = ECKey.generate_key("P-256")
    with TemporaryDirectory() as directory:  # its mode is 0700
        private, pairs, report = (Path(directory) / name for name in ("key", "csv", "jws"))
        private.write_bytes(key.as_pem(private=True))
        with pairs.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("person", "file"))
            rows.writerows((one.parent.name, one.relative_to(folder)) for one in files)
        options = ["--images", folder, "--pairs", pairs, "--key", private, "--out", report]
        arguments = ["models", "calibrate", *map(str, options), "--name", NAME]
        facepay(arguments, prog_name="facepay", standalone_mode=False)
        made = report.read_text()
    # Both or neither would be better; a crash between them is noticed at the next start.
    SHIPPED_KEY.write_text(_EXPLAINED + key.as_pem(private=False).decode())
    SHIPPED_REPORT.write_text(made)
    print(f"wrote {SHIPPED_REPORT.name} and {SHIPPED_KEY.name}", file=sys.stderr)
    return 0


_EXPLAINED = """\
This key proves that calibration.jws beside it is whole, and nothing more. Its private half
was thrown away when the report was made, so nobody answers for it: see README.md. A live
profile refuses it.

"""

if __name__ == "__main__":
    raise SystemExit(main())
