"""`facepay …`: thin; every command calls a use case or starts a server."""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from joserfc.jwk import ECKey

from facepay.config import ConfigError
from facepay.console.capture import capture
from facepay.console.faces import faces
from facepay.console.models import models
from facepay.console.pad import pad
from facepay.domain.customer import PublicKey
from facepay.domain.errors import FacepayError

REPOSITORY = Path(__file__).parents[2]


class Console(click.Group):
    """What is missing, wrong or away is told in a line, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            raise click.ClickException(str(error)) from None
        except FacepayError as error:
            told = f": {error.detail}" if error.detail else ""
            raise click.ClickException(f"{error.code}{told}") from None


@click.group(cls=Console)
@click.version_option(package_name="facepay")
def main() -> None:
    """facepay: your face can pay, and you can take it back."""


@main.command()
@click.option("--directory", type=click.Path(path_type=Path), default=Path("var/serve"))
@click.option("--port", type=click.IntRange(0, 65535), default=8420, help="0 takes a free one.")
@click.option("--workers", type=click.IntRange(1, 64), default=2)
@click.option("--database-url", help="PostgreSQL instead of the embedded SQLite.")
@click.option(
    "--operator-key",
    type=click.Path(exists=True, path_type=Path),
    help="PEM or JWK; otherwise operator.pem is made in the directory.",
)
@click.option("--rehearsal-clock", type=click.Path(path_type=Path), help="Seconds to turn time.")
def serve(
    directory: Path,
    port: int,
    workers: int,
    database_url: str | None,
    operator_key: Path | None,
    rehearsal_clock: Path | None,
) -> None:
    """Start OpenBao, the database and the service on loopback; Ctrl-C stops them all."""
    from facepay.embedded.supervise import Ground, serve

    operator = _read_public_key(operator_key) if operator_key else None
    ground = Ground(directory, port, workers, database_url, rehearsal_clock, operator)
    raise SystemExit(serve(ground))


@main.command()
def migrate() -> None:
    """Bring the database of FACEPAY_DATABASE_URL to the newest schema."""
    from facepay.adapters.migrate import migrate
    from facepay.config import Settings

    migrate(Settings.from_environment(os.environ).database_url)
    click.echo("the schema is up to date")


@main.group()
def operator() -> None:
    """The institution that runs the service: its keys begin all trust."""


@operator.command("add")
@click.argument("public_key", type=click.Path(exists=True, path_type=Path))
def add_operator(public_key: Path) -> None:
    """Register the operator key in PUBLIC_KEY (PEM or JWK); prints its keyid."""
    from facepay.bootstrap import build_dependencies
    from facepay.config import Settings
    from facepay.usecases.operators.register import register_operator

    deps = build_dependencies(Settings.from_environment(os.environ))
    click.echo(register_operator(deps, _read_public_key(public_key)).keyid)


@main.command()
def sweep() -> None:
    """Destroy keys: of faces revoked while the vault was away, of enrolments never finished, of
    renewed templates."""
    from facepay.bootstrap import build_dependencies
    from facepay.config import Settings
    from facepay.usecases.faces.destroy_keys import destroy_pending_keys
    from facepay.usecases.faces.enrol import end_lapsed_enrolments
    from facepay.usecases.faces.renew_template import destroy_retiring_keys

    deps = build_dependencies(Settings.from_environment(os.environ))
    count = end_lapsed_enrolments(deps) + destroy_pending_keys(deps)
    count += destroy_retiring_keys(deps)
    click.echo(f"keys destroyed: {count}")


@main.command()
@click.option("--once", is_flag=True, help="Send what is due now, and end.")
def deliver(once: bool) -> None:
    """Send events to the webhook endpoints of merchants and of the bank, until Ctrl-C.

    Any number of these may run. What is not answered is tried again, later and later.
    """
    import signal
    import threading

    from facepay.bootstrap import build_dependencies
    from facepay.config import Settings
    from facepay.usecases.webhooks import deliver as delivery

    deps = build_dependencies(Settings.from_environment(os.environ))
    if once:
        click.echo(f"attempts: {delivery.deliver(deps)}")
        return
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    delivery.deliver_forever(deps, stop)


@main.group()
def templates() -> None:
    """Sealed templates of enrolled faces."""


@templates.command("renew")
@click.option("--enrolment", "enrolment_id", metavar="ID", help="This one; otherwise all.")
@click.option(
    "--made-before",
    metavar="TIME",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%SZ"]),
    help="Older than this only, in UTC; otherwise than now.",
)
def renew_templates(enrolment_id: str | None, made_before: datetime | None) -> None:
    """Put templates under new keys and secrets, without their owners; old keys are destroyed.

    Payments go on meanwhile. When it was interrupted, run it again with the time it began at.
    """
    from facepay.bootstrap import build_dependencies
    from facepay.config import Settings
    from facepay.domain.errors import Unavailable
    from facepay.usecases.faces import renew_template

    deps = build_dependencies(Settings.from_environment(os.environ))
    # Rounded up to a second, so that what is printed can be given again.
    now = deps.clock().replace(microsecond=0) + timedelta(seconds=1)
    moment = made_before.replace(tzinfo=UTC) if made_before else now
    every = (
        renew_template.templates_made_before(deps, moment)
        if enrolment_id is None
        else [enrolment_id]
    )
    click.echo(f"{len(every)} templates, made before {moment:%Y-%m-%dT%H:%M:%SZ}", err=True)
    try:
        with click.progressbar(every, label="renewing", file=sys.stderr) as enrolment_ids:
            done = renew_template.renew_templates(deps, enrolment_ids)
    except Unavailable as error:
        again = f"run it again with --made-before {moment:%Y-%m-%dT%H:%M:%SZ}"
        raise click.ClickException(f"{error.code}: the rest was left; {again}") from None
    click.echo(f"renewed: {done.renewed}, changed meanwhile: {done.changed}, broken: {done.broken}")
    raise SystemExit(bool(done.broken or (enrolment_id is not None and not done.renewed)))


@main.group()
def spec() -> None:
    """What is made from the code and the error registry: OpenAPI, tables, help texts."""


@spec.command("write")
def write_spec() -> None:
    """Write the OpenAPI file, the error tables, the page docs/cli.md, the catalogues of texts."""
    from facepay.codegen.artefacts import write

    for path in write(REPOSITORY):
        click.echo(f"wrote {path}")


@spec.command("check")
def check_spec() -> None:
    """Fail when any of them is not what the code and the registry say, or a text has no
    translation."""
    from facepay.codegen.artefacts import drifted
    from facepay.codegen.translations import untranslated

    stale, unsaid = drifted(REPOSITORY), untranslated(REPOSITORY)
    for path in stale:
        click.echo(f"{path} has drifted: run `make generate`", err=True)
    for text in unsaid:
        click.echo(f"not translated: {text}", err=True)
    raise SystemExit(bool(stale or unsaid))


def _read_public_key(path: Path) -> PublicKey:
    text = path.read_text()
    key = ECKey.import_key(json.loads(text) if text.lstrip().startswith("{") else text)
    if key.curve_name != "P-256":
        raise click.BadParameter("a P-256 key is needed")
    return PublicKey(key.thumbprint(), key.as_pem(private=False).decode())


for group in (capture, faces, models, pad):
    main.add_command(group)


if __name__ == "__main__":
    main()
