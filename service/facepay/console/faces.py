"""Define the commands of `facepay faces`."""

import os
import sys

import click


@click.group()
def faces() -> None:
    """Carry out what operators approved for enrolled faces."""


@faces.command("revoke-cohort")
@click.argument("action_id")
def revoke_cohort(action_id: str) -> None:
    """Revoke all faces of the cohort that two operators approved as ACTION_ID.

    Payments continue meanwhile. After an interruption, run the command again; it resumes.
    """
    from facepay.bootstrap_without_faces import build_without_faces
    from facepay.config import Settings
    from facepay.usecases.operators.actions import read_action, take_batch
    from facepay.usecases.operators.revoke_faces import BATCH

    deps = build_without_faces(Settings.from_environment(os.environ))
    now = read_action(deps, action_id)
    with click.progressbar(length=now.total, label="revoking", file=sys.stderr) as bar:
        bar.update(now.done)
        while True:
            before, now = now, take_batch(deps, action_id, BATCH)
            bar.update(now.done - before.done)
            if now.state == "done" and now.keys_left in (0, before.keys_left):
                break
    click.echo(f"Revoked: {now.done} of {now.total}, keys left: {now.keys_left}")
    if now.keys_left:
        click.echo(
            "OpenBao is unavailable: run `facepay sweep` when it is available again", err=True
        )
    raise SystemExit(bool(now.keys_left))
