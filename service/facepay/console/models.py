"""`facepay models …`: what describes faces, and what was measured of it."""

from pathlib import Path
from typing import Any

import click

from facepay.face.models.cards import DEFAULT

# Heavy imports wait until a command runs: help must come at once.
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_TARGET = click.Path(dir_okay=False, path_type=Path)


@click.group()
def models() -> None:
    """What describes faces, and what was measured of it."""


_FOLDER_OPTION = click.option(
    "--models",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="FACEPAY_MODELS",
    help="The folder of added models; FACEPAY_MODELS.",
)


@models.command("list")
@_FOLDER_OPTION
def list_models(folder: Path | None) -> None:
    """The models there are: name, identity, licence and source."""
    from facepay.console.model_cards import list_cards

    list_cards(folder)


@models.command("add")
@click.argument("file", type=_FILE)
@click.option("--card", type=_FILE, required=True, help="The model card, TOML.")
@_FOLDER_OPTION
def add_model(file: Path, card: Path, folder: Path | None) -> None:
    """Keep the ONNX network FILE and its card, after a run on two grey pictures.

    A live profile uses it when it was calibrated: `facepay models calibrate`.
    """
    from facepay.console.model_cards import add_card

    add_card(folder, file, card)


@models.command("verify")
@click.argument("names", nargs=-1)
@_FOLDER_OPTION
def verify_models(names: tuple[str, ...], folder: Path | None) -> None:
    """Is every file the one of its card, and does it run? All models, or NAMES."""
    from facepay.console.model_cards import verify_cards

    verify_cards(folder, names)


@models.command()
@click.option("--images", type=_FOLDER, required=True, help="The folder of the pictures.")
@click.option("--pairs", type=_FILE, required=True, help="CSV: person,file; a row a picture.")
@click.option("--key", type=_FILE, required=True, help="Private P-256 key, PEM or JWK: signs.")
@click.option("--out", type=_TARGET, required=True, help="The report is written here.")
@click.option(
    "--fmr",
    type=click.FloatRange(0, 0.01, min_open=True),
    default=1e-4,
    show_default=True,
    help="The false match rate to support, at 95 %.",
)
@click.option("--people", type=_FILE, help="CSV: person, then a column a grouping.")
@click.option("--name", help="What the report calls the pictures; the folder's name.")
@click.option(
    "--references", type=click.IntRange(1, 20), help="Pictures a reference; the engine's."
)
@click.option("--probes", type=click.IntRange(1, 20), help="Pictures a probe; the engine's.")
@click.option(
    "--model",
    default=DEFAULT,
    envvar="FACEPAY_MODEL",
    help="Name on the card; FACEPAY_MODEL.",
)
@_FOLDER_OPTION
@click.option("--processes", type=click.IntRange(1, 2), default=2, show_default=True)
def calibrate(folder: Path | None, **options: Any) -> None:
    """Measure how often faces are confused, and sign the threshold that follows.

    Pictures of one person are compared as genuine, of two persons as impostor;
    a person needs as many pictures as a reference and a probe take together. The
    threshold is the largest whose false match rate is at most --fmr with a
    confidence of 95 %: 29,956 impostor comparisons without an error support
    1e-4. Nothing of a face is written.
    """
    from facepay.console.calibrating import Wanted, calibrate_and_sign

    calibrate_and_sign(Wanted(**options, models=folder))
