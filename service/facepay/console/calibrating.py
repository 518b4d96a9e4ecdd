"""Do the work of `facepay models calibrate`: list, describe, measure, sign and report."""

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
from facepay.adapters.picture_list import ListedPicture, ListError, read_groups, read_pictures
from facepay.adapters.still_pictures import DescriberOptions, describe_files
from facepay.domain.calibration import MOST_FALSE_NON_MATCHES, Calibration, Protocol
from facepay.face.model_store import ModelError
from facepay.face.models.cards import DEFAULT, CardError
from facepay.face.models.weights import WeightsError
from facepay.face.recognition.embed import Descriptor

_SHOWN = 20  # lines of bad rows or unusable pictures; the rest is only counted


@dataclass(frozen=True, slots=True)
class CalibrateOptions:
    """Options of the command. None in `references` or `probes` takes the engine's own number."""

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


def calibrate_and_sign(options: CalibrateOptions) -> None:
    """Measure the pictures and write the signed report.

    Raises click.ClickException with a message that says what to do.
    """
    used = protocol_in_use()
    protocol = Protocol(options.references or used.references, options.probes or used.probes)
    if not options.fmr > 0:
        raise click.ClickException("--fmr: give a rate above 0")
    with _plain_refusals():
        # Cheap checks come first, because describing the pictures takes minutes.
        key = read_signing_key(options.key)
        listed = read_pictures(options.pairs, options.images)
        groups = read_groups(options.people) if options.people else {}
        if not options.out.absolute().parent.is_dir():
            raise click.ClickException(f"{options.out.parent}: this folder does not exist")
        name = options.name or options.images.resolve().name
        using = DescriberOptions(options.model, options.models, options.processes)
        card = using.embedder().card
        sample = _sample(name, listed, groups, using)
        made_at = datetime.now(UTC).replace(microsecond=0)
        found = calibrate(
            sample,
            card=card,
            protocol=protocol,
            false_match_rate=options.fmr,
            made_at=made_at,
        )
        options.out.write_text(sign(found, key) + "\n")
    _print_summary(found)
    click.echo(f"signed by {key.thumbprint()}: {options.out}")


@contextmanager
def _plain_refusals() -> Iterator[None]:
    """Report expected errors of files, pictures and models without a traceback."""
    try:
        yield
    except ListError as error:
        raise click.ClickException(f"{error.path}\n{_first_lines(error.problems)}") from None
    except (KeyFileError, TooFewComparisons, ModelError, CardError) as error:
        raise click.ClickException(str(error)) from None
    except WeightsError:
        raise click.ClickException(
            "the installed face models are not the expected ones: reinstall facepay"
        ) from None
    except BrokenProcessPool:
        raise click.ClickException(
            "a process that described pictures was killed: run the command again"
        ) from None
    except OSError as error:
        message = f"{error.filename}: {error.strerror}" if error.strerror else str(error)
        raise click.ClickException(message) from None


def _sample(
    name: str, listed: Sequence[ListedPicture], groups: Groups, using: DescriberOptions
) -> Sample:
    persons: list[str] = []
    descriptors: list[Descriptor] = []
    unusable: list[str] = []
    found = describe_files([one.file for one in listed], using)
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
        click.echo(f"{len(unusable)} pictures cannot be used:\n{_first_lines(unusable)}", err=True)
    return Sample(name, persons, descriptors, len(unusable), groups)


def _first_lines(lines: Sequence[str]) -> str:
    more = [f"  and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return "\n".join([*(f"  {line}" for line in lines[:_SHOWN]), *more])


def _print_summary(found: Calibration) -> None:
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
            "the live profile will not accept this report: "
            f"more than {MOST_FALSE_NON_MATCHES:.0%} of owners are refused"
        )


def _rate(errors: int, trials: int) -> str:
    return f"{errors:,} in {trials:,}"
