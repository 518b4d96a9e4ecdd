"""`facepay models calibrate` on real pictures: its output for an operator, and the signed report.

The two public-domain portraits, each in slightly different light and framing, are no calibration.
They show that the command measures, signs, and reports faults.
"""

import csv
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from joserfc.jwk import ECKey
from PIL import Image, ImageEnhance

from facepay.adapters.calibration_report import read_report, read_trusted_keys
from facepay.cli import main
from facepay.face.errors import FaceRefusal, RefusalKind
from facepay.face.frames.decode import decode
from facepay.face.model_store import ModelStore
from facepay.face.recognition.embed import Descriptor
from facepay.face.recognition.still import describe_still
from facepay_rehearsal.renderer.portraits import NAMES, portrait

SHOTS = 18  # 18 x 18 comparisons of two strangers: 299 without an error support a rate of 1 in 100


EMBEDDER = ModelStore().embedder()


def described(image: bytes) -> Descriptor:
    return describe_still(image, EMBEDDER)


def jpeg(name: str, shot: int = 0) -> bytes:
    picture = Image.fromarray(portrait(name).pixels)
    moved = picture.crop((shot // 2, shot // 4, 640 - shot % 5, 480 - shot % 3))
    file = BytesIO()
    ImageEnhance.Brightness(moved).enhance(0.9 + shot / 90).save(file, "JPEG", quality=75 + shot)
    return file.getvalue()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for name in NAMES:
        for shot in range(SHOTS):
            (folder / f"{name}-{shot}.jpg").write_bytes(jpeg(name, shot))
    (folder / "wall.jpg").write_bytes(_encoded(np.full((300, 300, 3), 128, dtype=np.uint8)))
    (folder / "broken.jpg").write_bytes(b"no picture")
    return folder


def _encoded(pixels: np.ndarray) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG")
    return file.getvalue()


Run = Callable[..., Result]


@pytest.fixture
def run(pictures: Path, tmp_path: Path) -> Run:
    """Run the command with these rows and options; the report goes to report.jws."""
    key = ECKey.generate_key("P-256")
    (tmp_path / "operator.pem").write_bytes(key.as_pem(private=True))
    (tmp_path / "public.pem").write_bytes(key.as_pem(private=False))

    def calibrate(rows: Sequence[tuple[str, str]], *options: str) -> Result:
        with (tmp_path / "pairs.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("person", "file"), *rows])
        given = ["--images", pictures, "--pairs", tmp_path / "pairs.csv"]
        given += ["--key", tmp_path / "operator.pem", "--out", tmp_path / "report.jws"]
        arguments = ["models", "calibrate", *map(str, given), *options]
        return CliRunner().invoke(main, arguments, catch_exceptions=False)

    return calibrate


def everybody() -> list[tuple[str, str]]:
    return [(name, f"{name}-{shot}.jpg") for name in NAMES for shot in range(SHOTS)]


ONE_BY_ONE = ("--references", "1", "--probes", "1", "--fmr", "0.01")


def test_a_report_is_measured_signed_and_readable(run: Run, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("person,born\neileen,1956\ngrace,1906\n")
    people = ("--people", str(tmp_path / "people.csv"), "--name", "two portraits")
    ran = run([*everybody(), ("wall", "wall.jpg"), ("wall", "broken.jpg")], *ONE_BY_ONE, *people)
    assert ran.exit_code == 0
    assert "2 pictures cannot be used" in ran.stderr
    assert "line 38: wall.jpg: no_face" in ran.stderr
    assert "line 39: broken.jpg: unsupported" in ran.stderr
    keys = read_trusted_keys(tmp_path / "public.pem")
    found = read_report(tmp_path / "report.jws", keys)
    assert found.data_set == "two portraits"
    assert (found.pictures, found.unusable) == (2 * SHOTS + 2, 2)
    assert (found.measured.persons, found.measured.impostor) == (2, SHOTS * SHOTS)
    assert found.measured.genuine == SHOTS * (SHOTS - 1)
    assert (found.measured.false_matches, found.measured.false_non_matches) == (0, 0)
    assert [(group.name, group.measured.impostor) for group in found.groups] == [
        ("1906", 0),
        ("1956", 0),
    ]
    assert f"threshold {found.threshold:.5f}" in ran.stdout
    given = {"operator.pem", "public.pem", "pairs.csv", "people.csv"}
    assert {file.name for file in tmp_path.iterdir()} - given == {"report.jws"}


def test_two_people_cannot_support_a_rate_of_one_in_ten_thousand(run: Run, tmp_path: Path) -> None:
    ran = run(everybody(), "--processes", "1")
    assert ran.exit_code == 1
    assert "29,956 are needed; add pictures of more people" in ran.stderr
    assert not (tmp_path / "report.jws").exists()


def test_bad_rows_are_named_before_any_picture_is_read(run: Run) -> None:
    ran = run([("eileen", "eileen-0.jpg"), ("grace", "nobody.jpg"), ("", "grace-0.jpg")])
    assert ran.exit_code == 1
    assert "line 3: there is no file nobody.jpg" in ran.stderr
    assert "line 4: give both person and file" in ran.stderr


def test_a_rate_that_is_not_a_number_is_refused_before_any_picture_is_read(run: Run) -> None:
    ran = run(everybody(), "--fmr", "nan")
    assert ran.exit_code == 1
    assert "--fmr" in ran.stderr


def test_a_key_that_cannot_sign_is_refused_before_any_picture_is_read(
    run: Run, tmp_path: Path
) -> None:
    ran = run(everybody(), "--key", str(tmp_path / "public.pem"))
    assert ran.exit_code == 1
    assert "not a P-256 private key; give one" in ran.stderr


def test_a_still_is_described_as_a_payment_is_and_mirrored() -> None:
    one, again = described(jpeg("grace")), described(jpeg("grace", 7))
    other = described(jpeg("eileen"))
    assert np.linalg.norm(one) == pytest.approx(1)
    assert EMBEDDER.distance(one, again) < 0.25 < 0.4 < EMBEDDER.distance(one, other)
    mirrored = described(_encoded(decode(jpeg("grace"))[:, ::-1].copy()))
    assert EMBEDDER.distance(one, mirrored) < 0.1


def test_the_larger_face_in_the_middle_is_described() -> None:
    small = Image.fromarray(portrait("eileen").pixels).resize((400, 300))
    whole = Image.new("RGB", (1000, 480))
    whole.paste(small, (0, 0))
    whole.paste(Image.fromarray(portrait("grace").pixels), (360, 0))
    both = described(_encoded(np.asarray(whole)))
    grace, eileen = described(jpeg("grace")), described(jpeg("eileen"))
    assert EMBEDDER.distance(both, grace) < 0.25 < EMBEDDER.distance(both, eileen)


def test_a_wall_has_no_descriptor() -> None:
    with pytest.raises(FaceRefusal) as caught:
        described(_encoded(np.full((300, 300, 3), 128, dtype=np.uint8)))
    assert caught.value.kind is RefusalKind.NO_FACE
