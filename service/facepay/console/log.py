"""Define the commands of `facepay log`."""

import os

import click


@click.group()
def log() -> None:
    """Watch over the audit log."""


@log.command("check")
def check() -> None:
    """Read the whole log, and compare it with its last checkpoint; sign the next when it is due.

    Exits with an error if the log is not what was signed; the operator then gets an event. Run it
    every night.
    """
    from facepay.bootstrap_without_faces import build_without_faces
    from facepay.config import Settings
    from facepay.usecases.records.checkpoints import check_whole_log

    end = check_whole_log(build_without_faces(Settings.from_environment(os.environ)))
    click.echo(f"The log is what was signed: {end.size} leaves, {end.hash}")


@log.command("accept")
@click.confirmation_option(
    prompt="Did you restore a backup, and is this log the one that shall go on?"
)
def accept() -> None:
    """Accept the log as it is after a backup of the database or the vault was restored.

    The service refuses to sign a log that is shorter than one it signed. The acceptance is a leaf
    of the log and an event. Restart the service afterwards, and tell the parties that keep
    checkpoints: their copies contradict the log from now on.
    """
    from facepay.bootstrap_without_faces import build_without_faces
    from facepay.config import Settings
    from facepay.usecases.records.accept_log import accept_log

    end = accept_log(build_without_faces(Settings.from_environment(os.environ)))
    click.echo(f"Accepted and signed: {end.size} leaves, {end.hash}")
