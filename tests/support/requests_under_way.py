"""Every request that changes something, each ready to be sent, for tests that interrupt it.

A `Case` is one use case, sent by one kind of caller, with one kind of credentials. `World` has one
customer with every kind of credential. `interrupted` runs an act in the middle of a request, just
before the transaction that decides.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from facepay.domain.customer import PublicKey, Role
from facepay.domain.errors import FacepayError
from facepay.domain.page_session import PageSession
from facepay.ports import UnitOfWork, UnitsOfWork
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.authentication.sign_in import SignInAttempt, resume_session, sign_in
from facepay.usecases.customers.recovery_codes import make_recovery_codes
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.operators.register import register_operator
from facepay.usecases.request import Caller, Command
from tests.fakes.scenario import PASSWORD, Customer, Scenario, key

Act = Callable[[], object]


@dataclass
class World:
    """Ada has a face, an authenticator, a device key, recovery codes and a session on the page."""

    scenario: Scenario
    device: PublicKey
    codes: list[str]
    session: PageSession
    second_operator: Caller

    @property
    def ada(self) -> Customer:
        return self.scenario.customers["ada"]

    @property
    def deps(self) -> Dependencies:
        return self.scenario.deps

    def caller(self, kind: str) -> Caller:
        ada = self.ada.caller
        return {
            "terminal": self.scenario.terminal,
            "merchant": self.scenario.merchant,
            "operator": self.scenario.operator,
            "second operator": self.second_operator,
            "device": ada,
            "page": Caller(self.session.id, Role.CUSTOMER, ada.subject_id, on_page=True),
            "visitor": Caller("a visit's hash", Role.CUSTOMER, ""),
        }[kind]

    def command(self, kind: str) -> Command:
        return self.scenario.command(self.caller(kind))

    def credentials(self, presents: tuple[str, ...], claims: Mapping[str, Any]) -> Credentials:
        """Return fresh credentials of these kinds; a device key signs `claims`."""
        signed = (
            self.scenario.signs(self.device, dict(claims)) if "device key" in presents else None
        )
        return Credentials(
            password=PASSWORD if "password" in presents else None,
            code=self.scenario.code_of(self.ada) if "code" in presents else None,
            confirmation=signed.confirmation if signed else None,
            recovery_code=self.codes[0] if "recovery code" in presents else None,
        )


def furnish(scenario: Scenario) -> World:
    """Give Ada, who has a face and an authenticator, every other kind of credential."""
    ada, deps = scenario.customers["ada"], scenario.deps
    device = scenario.add_device(ada)
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    codes = make_recovery_codes(deps, scenario.command(ada.caller), credentials).codes
    second = register_operator(deps, key())
    attempt = SignInAttempt("ada", Credentials(PASSWORD, scenario.code_of(ada)))
    session = resume_session(deps, sign_in(deps, attempt).token)
    assert codes is not None
    assert session is not None
    operator = Caller(second.keyid, Role.OPERATOR, second.id)
    return World(scenario, device, codes, session, operator)


@dataclass(frozen=True)
class Case:
    """`start` makes everything ready and returns what sends the request.

    `presents` names the kinds of credentials, `caller` the kind of caller, if there is one. A
    request that `leaves` locks or revokes.
    """

    usecase: Callable[..., object]
    caller: str
    presents: tuple[str, ...]
    start: Callable[[World], Act]
    leaves: bool = False

    def __str__(self) -> str:
        shown = [self.caller, *self.presents]
        return f"{self.usecase.__name__} by {' + '.join(each for each in shown if each)}"


class Interrupted:
    """Implements `ports.UnitsOfWork`; runs `act` before a unit of work is opened."""

    def __init__(self, units: UnitsOfWork, act: Callable[[int], object]) -> None:
        self._units, self._act, self._opened = units, act, 0

    @contextmanager
    def __call__(self) -> Iterator[UnitOfWork]:
        self._opened += 1
        self._act(self._opened)
        with self._units() as uow:
            yield uow


def deciding_transaction(world: World, case: Case) -> int:
    """Send the request undisturbed, and return the number of the transaction that decides."""
    act, begun, waiting = case.start(world), leaves_of(world), []

    def look(number: int) -> None:
        if leaves_of(world) == begun:
            waiting.append(number)

    _interrupt(world, look)
    assert outcome(act) is None
    return waiting[-1]


def interrupted(world: World, case: Case, number: int, change: Callable[[World], None]) -> Act:
    """Make a request ready that runs `change` before its transaction `number`."""
    act = case.start(world)

    def meanwhile(opened: int) -> None:
        if opened == number:
            change(world)

    _interrupt(world, meanwhile)
    return act


def outcome(act: Act) -> str | None:
    """Send a request, and return the refusal's code, "declined", or None if it was carried out."""
    try:
        answer = act()
    except FacepayError as error:
        return error.code
    return "declined" if getattr(answer, "state", None) == "declined" else None


def leaves_of(world: World) -> list[str]:
    """Return the log's kinds and the sessions: each carried out request adds to these."""
    with world.scenario.fakes.database() as uow:
        kinds = [leaf.kind for leaf in uow.leaves.find_all(after_seq=0)]
        return [*kinds, *(session.id for session in uow.page_sessions.find_all(after_id=""))]


def _interrupt(world: World, act: Callable[[int], object]) -> None:
    deps = world.scenario.deps
    world.scenario.deps = replace(deps, unit_of_work=Interrupted(deps.unit_of_work, act))
