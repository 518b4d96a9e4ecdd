"""Define the commands of `facepay models`."""

from pathlib import Path
from typing import Any

import click

from facepay.face.models.cards import DEFAULT

# Heavy imports wait until a command runs, so that help appears at once.
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_TARGET = click.Path(dir_okay=False, path_type=Path)


@click.group()
def models() -> None:
    """Manage and calibrate the models that describe faces."""


_FOLDER_OPTION = click.option(
    "--models",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="FACEPAY_MODELS",
    help="Folder of added models; FACEPAY_MODELS.",
)


@models.command("list")
@_FOLDER_OPTION
def list_models(folder: Path | None) -> None:
    """List the models: name, identity, licence and source."""
    from facepay.console.model_cards import list_cards

    list_cards(folder)


@models.command("add")
@click.argument("file", type=_FILE)
@click.option("--card", type=_FILE, required=True, help="The model card, TOML.")
@_FOLDER_OPTION
def add_model(file: Path, card: Path, folder: Path | None) -> None:
    """Add the ONNX network FILE and its card, after a test run on two grey pictures.

    The live profile uses a model only after its calibration: `facepay models calibrate`.
    """
    from facepay.console.model_cards import add_card

    add_card(folder, file, card)


@models.command("verify")
@click.argument("names", nargs=-1)
@_FOLDER_OPTION
def verify_models(names: tuple[str, ...], folder: Path | None) -> None:
    """Check that each model's file matches its card and runs; check all models or NAMES."""
    from facepay.console.model_cards import verify_cards

    verify_cards(folder, names)


@models.command()
@click.option("--images", type=_FOLDER, required=True, help="Folder of the pictures.")
@click.option(
    "--pairs", type=_FILE, required=True, help="CSV with the columns person,file; a row a picture."
)
@click.option(
    "--key",
    type=_FILE,
    required=True,
    help="Private P-256 key, PEM or JWK, to sign the report with.",
)
@click.option("--out", type=_TARGET, required=True, help="File to write the report to.")
@click.option(
    "--fmr",
    type=click.FloatRange(0, 0.01, min_open=True),
    default=1e-4,
    show_default=True,
    help="False match rate to support, at 95 % confidence.",
)
@click.option(
    "--people", type=_FILE, help="CSV with the column person and a column for each grouping."
)
@click.option("--name", help="Name of the pictures in the report; default: the folder's name.")
@click.option(
    "--references",
    type=click.IntRange(1, 20),
    help="Pictures in a reference; default: as in the engine.",
)
@click.option(
    "--probes", type=click.IntRange(1, 20), help="Pictures in a probe; default: as in the engine."
)
@click.option(
    "--model",
    default=DEFAULT,
    envvar="FACEPAY_MODEL",
    help="Name on the model's card; FACEPAY_MODEL.",
)
@_FOLDER_OPTION
@click.option(
    "--processes",
    type=click.IntRange(1, 2),
    default=2,
    show_default=True,
    help="Processes that describe pictures.",
)
def calibrate(folder: Path | None, **options: Any) -> None:
    """Measure the error rates of a model and sign the threshold that follows.

    Two pictures of one person make a genuine comparison, pictures of two persons
    an impostor comparison. A person needs as many pictures as a reference and a
    probe have together. The threshold is the largest whose false match rate is at
    most --fmr with 95 % confidence: 29,956 impostor comparisons without an error
    support 1e-4. The report holds no biometric data.
    """
    from facepay.console.calibrating import CalibrateOptions, calibrate_and_sign

    calibrate_and_sign(CalibrateOptions(**options, models=folder))
