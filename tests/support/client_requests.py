"""Every request that adds, replaces, withdraws or suspends the keys of clients."""

from collections.abc import Iterator
from datetime import timedelta

from facepay.usecases.clients.devices import add_device, withdraw_device
from facepay.usecases.clients.merchant_keys import (
    replace_own_key,
    replace_terminal_key,
    withdraw_terminal,
)
from facepay.usecases.operators.suspend import suspend_alone
from tests.fakes.scenario import key
from tests.support.prepared_requests import WITH_CODE
from tests.support.request_cases import ALONE, PAIRS, cases
from tests.support.requests_under_way import Case, World


def of_clients() -> Iterator[Case]:
    """Yield requests that add, replace, withdraw or suspend the keys of clients."""
    yield from cases(
        add_device, ("device",), PAIRS, lambda w, c, p, _: add_device(w.deps, c, "new", key(), p)
    )
    for caller, ways in (("device", ALONE), ("page", ((),))):
        yield from cases(
            withdraw_device,
            (caller,),
            ways,
            lambda w, c, p, keyid: withdraw_device(
                w.deps, c, keyid, w.session if c.caller.on_page else p
            ),
            another_device,
            leaves=True,
        )
    for usecase, send in (
        (replace_own_key, lambda w, c: replace_own_key(w.deps, c, key())),
        (withdraw_terminal, lambda w, c: withdraw_terminal(w.deps, c, terminal_of(w))),
        (
            replace_terminal_key,
            lambda w, c: replace_terminal_key(w.deps, c, terminal_of(w), key()),
        ),
    ):
        yield from cases(usecase, ("merchant",), ((),), lambda w, c, _, __, send=send: send(w, c))
    yield from cases(
        suspend_alone,
        ("operator",),
        ((),),
        lambda w, c, _, __: suspend_alone(w.deps, c, terminal_of(w), timedelta(minutes=5)),
    )


def another_device(world: World) -> str:
    credentials, command = world.credentials(WITH_CODE, None), world.command("device")
    return add_device(world.deps, command, "stolen", key(), credentials).keyid


def terminal_of(world: World) -> str:
    return world.scenario.terminal.subject_id
