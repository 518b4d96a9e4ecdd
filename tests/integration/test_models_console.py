"""`facepay models list | add | verify`, and another network that is added by its card alone."""

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path

import onnx
import pytest
from click.testing import CliRunner, Result

from facepay.adapters.dlib_face import DlibFaceEngine
from facepay.bootstrap import build_dependencies
from facepay.cli import main
from facepay.config import ConfigError, Settings
from facepay.domain.capture import Burst, Frame
from facepay.face.model_store import ModelError, ModelStore
from facepay_rehearsal import bursts
from tests.fakes.environment import LIVE
from tests.support import other_network
from tests.support.race import together
from tests.support.renders import rendered

SECRET = bytearray(range(32))
STEPS = ("turn_left", "turn_right")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return other_network.write(tmp_path_factory.mktemp("network"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


Run = Callable[..., Result]


@pytest.fixture
def run(folder: Path) -> Run:
    def run(*arguments: object) -> Result:
        command = ["models", *map(str, arguments), "--models", str(folder)]
        ran = CliRunner().invoke(main, command)
        assert ran.exception is None or isinstance(ran.exception, SystemExit), "a traceback"
        return ran

    return run


def burst(name: str, seed: int) -> Burst:
    shots = rendered(bursts.genuine, name, STEPS, seed)
    frames = tuple(Frame(shot.jpeg, shot.step, shot.monotonic_ms) for shot in shots)
    return Burst(frames, mirrored=False)


def test_another_network_tells_people_apart_with_a_card_and_no_code(
    run: Run, folder: Path, made: tuple[Path, Path]
) -> None:
    file, card = made
    assert run("add", file, "--card", card).exit_code == 0
    embedder = ModelStore(folder).embedder(other_network.NAME)
    engine = DlibFaceEngine(embedder)
    enrolled = engine.observe(burst("grace", 1))
    reference = engine.reference(enrolled, SECRET)
    assert len(reference) == 1 + other_network.DIMENSIONS
    same, other = engine.observe(burst("grace", 2)), engine.observe(burst("eileen", 2))
    # Cosine distance: half the square of the Euclidean one between unit vectors.
    near, far = engine.distance(same, reference, SECRET), engine.distance(other, reference, SECRET)
    assert near < 0.25**2 / 2 < 0.35**2 / 2 < far
    for faces in (enrolled, same, other):
        faces.wipe()


def test_every_model_is_listed_with_its_licence(run: Run, made: tuple[Path, Path]) -> None:
    assert run("add", made[0], "--card", made[1]).exit_code == 0
    lines = run("list").stdout.splitlines()
    names = [line.split()[0] for line in lines]
    assert names == ["dlib-resnet-v1-fp32", "dlib-resnet-v1-int8", other_network.NAME]
    assert all("CC0-1.0" in line for line in lines)


def test_the_shipped_models_verify(run: Run) -> None:
    ran = run("verify")
    assert ran.exit_code == 0
    assert ran.stdout.splitlines() == ["dlib-resnet-v1-fp32: sound", "dlib-resnet-v1-int8: sound"]


def test_a_file_changed_after_it_was_added_is_reported(
    run: Run, folder: Path, made: tuple[Path, Path]
) -> None:
    run("add", made[0], "--card", made[1])
    kept = folder / "another.onnx"
    kept.write_bytes(kept.read_bytes()[:-1] + b"x")
    ran = run("verify", other_network.NAME)
    assert ran.exit_code == 1
    assert "another SHA-256" in ran.output


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("dimensions = 512", "dimensions = 256"), "does not run"),
        (('name = "data"', 'name = "image"'), "does not run"),
        (("side = 112", "side = 128"), "does not run"),
        (('name = "another-network"', 'name = "dlib-resnet-v1-int8"'), "exists already"),
        (('file = "another.onnx"', 'file = "../another.onnx"'), "file: a file name"),
        (("mirrored = false", ""), "mirrored is missing"),
        (("mirrored = false", "mirrored = false\nthreshold = 0.6"), "threshold is not a field"),
        (('distance = "cosine"', 'distance = "manhattan"'), "euclidean or cosine"),
        (('licence = "CC0-1.0"', 'licence = " "'), "licence must be named"),
        (("scale = [128, 128, 128]", "scale = [0, 0, 0]"), "input.scale"),
        (("scale = [128, 128, 128]", f"scale = [1{'0' * 400}, 1, 1]"), "input.scale"),
        (("side = 112", f"side = {'9' * 5000}"), "not TOML"),
        (("side = 112", f"side = {'[' * 90_000}"), "not TOML"),
        (("mirrored = false", "#" * 100_000), "too long"),
        (('file = "another.onnx"', 'file = "a\\u0000b"'), "file: a file name"),
        (('file = "another.onnx"', 'file = "another-network.toml"'), ".toml is for cards"),
        (('licence = "CC0-1.0"', 'licence = "\\u001b[2J"'), "a line of text"),
        (('format = "onnx"', 'format = "onnx'), "not TOML"),
    ],
)
def test_a_card_that_does_not_fit_adds_nothing_and_says_why(
    run: Run,
    folder: Path,
    tmp_path: Path,
    made: tuple[Path, Path],
    change: tuple[str, str],
    message: str,
) -> None:
    text = made[1].read_text()
    assert change[0] in text
    bent = tmp_path / "bent.toml"
    bent.write_text(text.replace(*change))
    ran = run("add", made[0], "--card", bent)
    assert ran.exit_code == 1
    assert message in ran.output
    assert not folder.exists()


def test_a_file_that_is_no_network_is_refused(run: Run, tmp_path: Path) -> None:
    file, card = tmp_path / "another.onnx", tmp_path / "card.toml"
    file.write_bytes(b"no network")
    card.write_text(other_network.card_text(sha256(b"no network").hexdigest()))
    ran = run("add", file, "--card", card)
    assert ran.exit_code == 1
    assert "does not run" in ran.output


def test_a_network_with_weights_in_another_file_is_refused(
    run: Run, folder: Path, tmp_path: Path, made: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The card's SHA-256 and the calibration do not cover such numbers; they could change."""
    monkeypatch.chdir(tmp_path)  # where onnxruntime looks for them
    file, card = tmp_path / "another.onnx", tmp_path / "card.toml"
    onnx.save_model(
        onnx.load(made[0]),
        file,
        save_as_external_data=True,
        location="elsewhere.bin",
        size_threshold=100_000,
    )
    card.write_text(other_network.card_text(sha256(file.read_bytes()).hexdigest()))
    ran = run("add", file, "--card", card)
    assert ran.exit_code == 1
    assert "in another file" in ran.output
    assert not folder.exists()
    folder.mkdir()
    for each in (file, card):
        (folder / each.name).write_bytes(each.read_bytes())
    assert run("verify", other_network.NAME).exit_code == 1


def test_a_model_that_was_added_is_not_overwritten_by_another(
    run: Run, folder: Path, tmp_path: Path, made: tuple[Path, Path]
) -> None:
    assert run("add", made[0], "--card", made[1]).exit_code == 0
    model = onnx.load(made[0])
    model.doc_string = "other bytes"
    file, card = tmp_path / "other.onnx", tmp_path / "card.toml"
    file.write_bytes(model.SerializeToString())
    text = other_network.card_text(sha256(file.read_bytes()).hexdigest())
    card.write_text(text.replace(other_network.NAME, "a-second-one"))
    ran = run("add", file, "--card", card)
    assert ran.exit_code == 1
    assert "another.onnx exists already" in ran.output
    assert run("verify", other_network.NAME).exit_code == 0
    assert sorted(kept.name for kept in folder.iterdir()) == [
        f"{other_network.NAME}.toml",
        "another.onnx",
    ]


def test_two_models_added_at_once_do_not_mix(
    run: Run, folder: Path, tmp_path: Path, made: tuple[Path, Path]
) -> None:
    card = tmp_path / "card.toml"
    card.write_text(made[1].read_text().replace("CC0-1.0", "another licence"))
    cards = [made[1], card]

    def add(card: Path) -> bool:
        try:
            ModelStore(folder).add(made[0], card.read_text())
        except ModelError:
            return False
        return True

    assert sorted(together([partial(add, each) for each in cards])) == [False, True]
    assert run("verify", other_network.NAME).exit_code == 0


def test_a_card_that_is_not_text_is_named(run: Run, folder: Path) -> None:
    folder.mkdir()
    (folder / "broken.toml").write_bytes(b"\xff\xfe")
    ran = run("list")
    assert ran.exit_code == 1
    assert "broken.toml is not UTF-8" in ran.output


def test_an_added_model_decides_nothing_before_it_was_calibrated(
    run: Run, folder: Path, made: tuple[Path, Path]
) -> None:
    run("add", made[0], "--card", made[1])
    environment = LIVE | {
        "FACEPAY_PROFILE": "rehearsal",
        "FACEPAY_MODELS": str(folder),
        "FACEPAY_MODEL": other_network.NAME,
    }
    with pytest.raises(ConfigError, match="measured on another model"):
        build_dependencies(Settings.from_environment(environment))


def test_a_missing_model_is_named_with_the_installed_ones() -> None:
    environment = LIVE | {"FACEPAY_PROFILE": "rehearsal", "FACEPAY_MODEL": "arcface"}
    with pytest.raises(ConfigError, match=r"FACEPAY_MODEL: there is no model arcface.*int8"):
        build_dependencies(Settings.from_environment(environment))
