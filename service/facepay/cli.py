"""Define the commands of `facepay`. Each command calls a use case or starts a server."""

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
from facepay.console.log import log
from facepay.console.models import models
from facepay.console.pad import pad
from facepay.domain.customer import PublicKey
from facepay.domain.errors import FacepayError

REPOSITORY = Path(__file__).parents[2]


class Console(click.Group):
    """Command group that reports an expected error in one line, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            raise click.ClickException(str(error)) from None
        except FacepayError as error:
            detail = f": {error.detail}" if error.detail else ""
            raise click.ClickException(f"{error.code}{detail}") from None


@click.group(cls=Console)
@click.version_option(package_name="facepay")
def main() -> None:
    """Run and operate facepay: your face can pay, and you can take it back."""


@main.command()
@click.option(
    "--directory",
    type=click.Path(path_type=Path),
    default=Path("var/serve"),
    help="Folder for state, keys and logs.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8420, help="0 takes a free port.")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=2, help="Number of gunicorn workers."
)
@click.option("--database-url", help="PostgreSQL instead of the embedded SQLite.")
@click.option(
    "--operator-key",
    type=click.Path(exists=True, path_type=Path),
    help="Public operator key to register, PEM or JWK; without it, operator.pem is created.",
)
@click.option(
    "--rehearsal-clock",
    type=click.Path(path_type=Path),
    help="File with the seconds to add to the clock.",
)
def serve(
    directory: Path,
    port: int,
    workers: int,
    database_url: str | None,
    operator_key: Path | None,
    rehearsal_clock: Path | None,
) -> None:
    """Start OpenBao, the database and the service on loopback. Ctrl-C stops them all."""
    from facepay.embedded.supervise import ServeOptions, serve

    operator = _read_public_key(operator_key) if operator_key else None
    options = ServeOptions(directory, port, workers, database_url, rehearsal_clock, operator)
    raise SystemExit(serve(options))


@main.command()
def migrate() -> None:
    """Bring the database at FACEPAY_DATABASE_URL to the newest schema."""
    from facepay.adapters.migrate import migrate
    from facepay.config import database_url

    migrate(database_url(os.environ))
    click.echo("The schema is up to date.")


@main.group()
def operator() -> None:
    """Manage operator keys. Operator keys are the root of trust."""


@operator.command("add")
@click.argument("public_key", type=click.Path(exists=True, path_type=Path))
def add_operator(public_key: Path) -> None:
    """Register the operator key in the file PUBLIC_KEY (PEM or JWK) and print its keyid."""
    from facepay.bootstrap_without_faces import build_without_faces
    from facepay.config import Settings
    from facepay.usecases.operators.register import register_operator

    deps = build_without_faces(Settings.from_environment(os.environ))
    click.echo(register_operator(deps, _read_public_key(public_key)).keyid)


@main.command()
def sweep() -> None:
    """End faces under expired consents; destroy keys not needed any more.

    These are the keys of those faces, of faces that were revoked while OpenBao was unavailable, of
    unfinished enrolments, and of renewed templates. It also compares the new leaves of the audit
    log with the last checkpoint, and signs the next. Run it every ten minutes.
    """
    from facepay.bootstrap_without_faces import build_without_faces
    from facepay.config import Settings
    from facepay.usecases.faces.destroy_keys import destroy_pending_keys
    from facepay.usecases.faces.end_expired_consents import end_expired_consents
    from facepay.usecases.faces.enrol import end_lapsed_enrolments
    from facepay.usecases.faces.renew_template import destroy_retiring_keys
    from facepay.usecases.records.checkpoints import read_checkpoint

    deps = build_without_faces(Settings.from_environment(os.environ))
    expired = end_expired_consents(deps)
    keys = expired.keys + end_lapsed_enrolments(deps) + destroy_pending_keys(deps)
    keys += destroy_retiring_keys(deps)
    click.echo(f"Consents ended: {expired.consents}, keys destroyed: {keys}")
    read_checkpoint(deps)


@main.command()
@click.option("--once", is_flag=True, help="Send the events that are due now, then stop.")
def deliver(once: bool) -> None:
    """Send events to the webhook endpoints of merchants and operators until Ctrl-C.

    Several of these processes may run at the same time. Failed deliveries are retried with growing
    delays.
    """
    import signal
    import threading

    from facepay.bootstrap_without_faces import build_without_faces
    from facepay.config import Settings
    from facepay.usecases.webhooks import deliver as delivery

    deps = build_without_faces(Settings.from_environment(os.environ))
    if once:
        click.echo(f"Attempts: {delivery.deliver(deps)}")
        return
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    delivery.deliver_forever(deps, stop)


@main.group()
def templates() -> None:
    """Manage the sealed templates of enrolled faces."""


@templates.command("renew")
@click.option(
    "--enrolment", "enrolment_id", metavar="ID", help="Renew only this enrolment; default: all."
)
@click.option(
    "--made-before",
    metavar="TIME",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%SZ"]),
    help="Renew only templates older than this time in UTC; default: now.",
)
def renew_templates(enrolment_id: str | None, made_before: datetime | None) -> None:
    """Renew templates under new keys and secrets, and destroy the old keys.

    The owners need not take part, and payments continue meanwhile. After an interruption, run the
    command again with --made-before and the time that it printed.
    """
    from facepay.bootstrap import build_for_renewals
    from facepay.config import Settings
    from facepay.domain.errors import Unavailable
    from facepay.usecases.faces import renew_template

    deps = build_for_renewals(Settings.from_environment(os.environ))
    # Rounded up to a second, so that the printed time can be passed to --made-before.
    now = deps.clock().replace(microsecond=0) + timedelta(seconds=1)
    moment = made_before.replace(tzinfo=UTC) if made_before else now
    selected = (
        renew_template.templates_made_before(deps, moment)
        if enrolment_id is None
        else [enrolment_id]
    )
    click.echo(f"{len(selected)} templates, made before {moment:%Y-%m-%dT%H:%M:%SZ}", err=True)
    try:
        with click.progressbar(selected, label="renewing", file=sys.stderr) as enrolment_ids:
            done = renew_template.renew_templates(deps, enrolment_ids)
    except Unavailable as error:
        again = f"run it again with --made-before {moment:%Y-%m-%dT%H:%M:%SZ}"
        raise click.ClickException(
            f"{error.code}: not all templates are renewed; {again}"
        ) from None
    click.echo(f"Renewed: {done.renewed}, changed meanwhile: {done.changed}, broken: {done.broken}")
    raise SystemExit(bool(done.broken or (enrolment_id is not None and not done.renewed)))


@main.group()
def spec() -> None:
    """Generate files from the code and the error registry: OpenAPI, tables, help texts."""


@spec.command("write")
def write_spec() -> None:
    """Write the OpenAPI file, the error tables, docs/cli.md and the translations."""
    from facepay.codegen.artefacts import write

    for path in write(REPOSITORY, main):
        click.echo(f"wrote {path}")


@spec.command("check")
def check_spec() -> None:
    """Fail when a generated file is out of date or a text has no translation."""
    from facepay.codegen.artefacts import outdated_files
    from facepay.codegen.translations import untranslated

    stale, missing = outdated_files(REPOSITORY, main), untranslated(REPOSITORY)
    for path in stale:
        click.echo(f"{path} is out of date: run `make generate`", err=True)
    for text in missing:
        click.echo(f"not translated: {text}", err=True)
    raise SystemExit(bool(stale or missing))


def _read_public_key(path: Path) -> PublicKey:
    text = path.read_text()
    key = ECKey.import_key(json.loads(text) if text.lstrip().startswith("{") else text)
    if key.curve_name != "P-256":
        raise click.BadParameter("the key is not a P-256 key")
    return PublicKey(key.thumbprint(), key.as_pem(private=False).decode())


for group in (capture, faces, log, models, pad):
    main.add_command(group)


if __name__ == "__main__":
    main()
