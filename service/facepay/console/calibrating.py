"""What `facepay models calibrate` does: list, describe, measure, sign, and tell in plain words."""

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from facepay.adapters.calibration_report import KeyFileError, read_signing_key, sign
from facepay.adapters.calibrator import (
    Groups,
    Sample,
    TooFewComparisons,
    calibrate,
    protocol_in_use,
)
from facepay.adapters.picture_list import Listed, ListError, read_groups, read_pictures
from facepay.adapters.still_pictures import Describing, describe_files
from facepay.domain.calibration import MOST_FALSE_NON_MATCHES, Calibration, Protocol
from facepay.face.model_store import ModelError
from facepay.face.models.cards import DEFAULT, CardError
from facepay.face.models.weights import WeightsError
from facepay.face.recognition.embed import Descriptor

_SHOWN = 20  # bad rows and unusable pictures; of more, the count is what helps


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the console was asked for; None leaves a choice to the engine in use."""

    images: Path
    pairs: Path
    key: Path
    out: Path
    fmr: float
    people: Path | None = None
    name: str | None = None
    references: int | None = None
    probes: int | None = None
    processes: int = 2
    model: str = DEFAULT
    models: Path | None = None


def calibrate_and_sign(wanted: Wanted) -> None:
    """Raises click.ClickException with what to do."""
    used = protocol_in_use()
    protocol = Protocol(wanted.references or used.references, wanted.probes or used.probes)
    if not wanted.fmr > 0:
        raise click.ClickException("--fmr: a rate above 0 is needed")
    with _plain_refusals():
        # What is cheap to find wrong comes first: describing takes minutes.
        key = read_signing_key(wanted.key)
        listed = read_pictures(wanted.pairs, wanted.images)
        groups = read_groups(wanted.people) if wanted.people else {}
        if not wanted.out.absolute().parent.is_dir():
            raise click.ClickException(f"{wanted.out.parent}: there is no such folder")
        name = wanted.name or wanted.images.resolve().name
        by = Describing(wanted.model, wanted.models, wanted.processes)
        card = by.embedder().card
        sample = _sample(name, listed, groups, by)
        made_at = datetime.now(UTC).replace(microsecond=0)
        found = calibrate(
            sample,
            card=card,
            protocol=protocol,
            false_match_rate=wanted.fmr,
            made_at=made_at,
        )
        wanted.out.write_text(sign(found, key) + "\n")
    _tell(found)
    click.echo(f"signed by {key.thumbprint()}: {wanted.out}")


@contextmanager
def _plain_refusals() -> Iterator[None]:
    """What can go wrong with files, pictures and models, without a traceback."""
    try:
        yield
    except ListError as error:
        raise click.ClickException(f"{error.path}\n{_some(error.problems)}") from None
    except (KeyFileError, TooFewComparisons, ModelError, CardError) as error:
        raise click.ClickException(str(error)) from None
    except WeightsError:
        raise click.ClickException("the face models are not the ones they should be") from None
    except BrokenProcessPool:
        raise click.ClickException("a process that described pictures was ended") from None
    except OSError as error:
        told = f"{error.filename}: {error.strerror}" if error.strerror else str(error)
        raise click.ClickException(told) from None


def _sample(name: str, listed: Sequence[Listed], groups: Groups, by: Describing) -> Sample:
    persons: list[str] = []
    descriptors: list[Descriptor] = []
    unusable: list[str] = []
    found = describe_files([one.file for one in listed], by)
    with click.progressbar(
        found, length=len(listed), label="describing", file=sys.stderr
    ) as described:
        for row, one in zip(listed, described, strict=True):
            if one.descriptor is None:
                unusable.append(f"line {row.line}: {row.file.name}: {one.refusal}")
            else:
                persons.append(row.person)
                descriptors.append(one.descriptor)
    if unusable:
        click.echo(f"{len(unusable)} pictures cannot be used:\n{_some(unusable)}", err=True)
    return Sample(name, persons, descriptors, len(unusable), groups)


def _some(lines: Sequence[str]) -> str:
    more = [f"  and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return "\n".join([*(f"  {line}" for line in lines[:_SHOWN]), *more])


def _tell(found: Calibration) -> None:
    measured, protocol = found.measured, found.protocol
    click.echo(
        f"{found.model.name} on {found.data_set}, {protocol.references} reference and "
        f"{protocol.probes} probe pictures: threshold {found.threshold:.5f}\n"
        f"  {found.pictures:,} pictures, {found.unusable:,} unusable\n"
        f"  strangers pass {_rate(measured.false_matches, measured.impostor)}, "
        f"at most {measured.false_match_rate_upper_95:.2e} at 95 % "
        f"({measured.impostor_persons:,} persons)\n"
        f"  owners refused {_rate(measured.false_non_matches, measured.genuine)}, "
        f"at most {measured.false_non_match_rate_upper_95:.2%} at 95 % "
        f"({measured.persons:,} persons)"
    )
    for group in found.groups:
        own = group.measured
        click.echo(
            f"  {group.grouping} {group.name}: strangers {_rate(own.false_matches, own.impostor)}, "
            f"owners {_rate(own.false_non_matches, own.genuine)}"
        )
    if (measured.false_non_match_rate or 0) > MOST_FALSE_NON_MATCHES:
        click.echo(
            f"a live profile refuses more than {MOST_FALSE_NON_MATCHES:.0%} of owners refused"
        )


def _rate(errors: int, trials: int) -> str:
    return f"{errors:,} in {trials:,}"
