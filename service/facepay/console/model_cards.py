"""Do the work of `facepay models list`, `add` and `verify`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from facepay.face.model_store import ModelError, ModelStore
from facepay.face.models.cards import CardError
from facepay.face.models.weights import WeightsError


def list_cards(folder: Path | None) -> None:
    """Print a line for each model, built in or in `folder`. Raises click.ClickException."""
    with _plain_refusals():
        for card in ModelStore(folder).cards():
            click.echo(f"{card.name}  {card.identity[:16]}  {card.licence}  {card.source}")


def add_card(folder: Path | None, file: Path, card: Path) -> None:
    """Add the network in `file` with its TOML card to `folder`. Raises click.ClickException."""
    with _plain_refusals():
        added = ModelStore(folder).add(file, card.read_text(encoding="utf-8"))
    click.echo(f"added {added.name}, identity {added.identity[:16]}")
    click.echo(
        "the live profile needs a calibration report of this model: "
        f"run `facepay models calibrate --model {added.name} …`"
    )


def verify_cards(folder: Path | None, names: Sequence[str]) -> None:
    """Check the files of the named models, or of all. Raises click.ClickException."""
    with _plain_refusals():
        store = ModelStore(folder)
        cards = [store.card(name) for name in names] or store.cards()
        for card in cards:
            store.verify(card)
            click.echo(f"{card.name}: sound")


@contextmanager
def _plain_refusals() -> Iterator[None]:
    try:
        yield
    except (CardError, ModelError) as error:
        raise click.ClickException(str(error)) from None
    except (WeightsError, FileNotFoundError):
        raise click.ClickException(
            "dlib's weights are missing or are not the original ones: reinstall facepay"
        ) from None
    except UnicodeDecodeError:
        raise click.ClickException("the card is not UTF-8 text") from None
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from None
