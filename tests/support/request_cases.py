"""The cases of one use case: who asks, and which credentials are presented."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.request import Command
from tests.support.prepared_requests import WITH_CODE
from tests.support.requests_under_way import Act, Case, World

OWN = ("device", "page")

WITH_DEVICE_KEY = ("password", "device key")
WITH_RECOVERY_CODE = ("password", "recovery code")
PAIRS = (WITH_CODE, WITH_DEVICE_KEY, WITH_RECOVERY_CODE)
ALONE = (("password",), ("code",), ("device key",), ("recovery code",))

# What a request needs besides its credentials: it is made before the request is sent.
Send = Callable[[World, Command, Credentials, Any], object]
Prepare = Callable[[World], Any]


def nothing(_world: World) -> None:
    return None


def cases(
    usecase: Callable[..., object],
    callers: tuple[str, ...],
    ways: tuple[tuple[str, ...], ...],
    send: Send,
    prepare: Prepare = nothing,
    *,
    leaves: bool = False,
) -> Iterator[Case]:
    """Yield the cases of one use case; a device key signs the claims of the request.

    The first caller sends every kind of credentials, the others only the first kind.
    """
    for caller, presents in [*product(callers[:1], ways), *product(callers[1:], ways[:1])]:

        def start(world: World, caller: str = caller, presents: Any = presents) -> Act:
            prepared, command = prepare(world), world.command(caller)
            credentials = world.credentials(presents, command.claims)
            return lambda: send(world, command, credentials, prepared)

        yield Case(usecase, caller, presents, start, leaves)
