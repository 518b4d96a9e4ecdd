"""What was verified is checked again in the transaction that uses it, for every request.

Each case is interrupted just before its deciding transaction: something that had been verified is
withdrawn there, as if its withdrawal had been answered. No such request may change anything.
"""

import copy
import importlib
import inspect
import pkgutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, get_type_hints

import pytest

from facepay import usecases
from facepay.domain.customer import FactorKind, FactorState
from facepay.usecases.authentication.sign_in import SignInAttempt
from facepay.usecases.receive_frames import receive_frames
from facepay.usecases.request import Command
from tests.fakes.dependencies import frozen_copy, memory_database
from tests.fakes.scenario import Scenario
from tests.support.every_request import CASES, WITHOUT_A_CASE
from tests.support.requests_under_way import (
    Case,
    World,
    deciding_transaction,
    furnish,
    interrupted,
    leaves_of,
    outcome,
)

FOLDERS = (
    "authentication.sign_in",
    "begin_capture",
    "captures",
    "clients",
    "consents",
    "customers",
)
FOLDERS += ("faces", "open_capture", "operators", "payments", "webhooks")
PASSES_ON = {receive_frames}  # to `submit_frames` and `finish_enrolment`
CLIENTS = ("terminal", "merchant", "operator", "second operator", "device")
NEWEST = 10**12  # a time step after every other

Change = Callable[[World], None]
Fresh = Callable[[], AbstractContextManager[World]]


def of_factor(kind: FactorKind | None = None, **changes: Any) -> Change:
    """Change the factors of one kind, or the pending one."""

    def change(world: World) -> None:
        which = {"kind": kind} if kind else {"state": FactorState.PENDING}
        with world.scenario.fakes.database() as uow:
            owner = world.ada.caller.subject_id
            assert uow.second_factors.update_all(changes, customer_id=owner, **which)
            uow.commit()

    return change


def of_rows(table: str, field: str, value: Any) -> Change:
    """Set one field in every row of a table; a function gets the present time."""

    def change(world: World) -> None:
        new = value(world.scenario.fakes.clock.now) if callable(value) else value
        with world.scenario.fakes.database() as uow:
            assert getattr(uow, table).update_all({field: new})
            uow.commit()

    return change


def now(moment: Any) -> Any:
    return moment


REVOKED = FactorState.REVOKED.value
CHANGES: dict[str, tuple[tuple[str, ...], Change]] = {
    "password changed": (("password",), of_rows("customers", "password_hash", "another")),
    "authenticator revoked": (("code",), of_factor(FactorKind.TOTP, state=REVOKED)),
    "code used": (("code",), of_factor(FactorKind.TOTP, last_time_step=NEWEST)),
    "device key revoked": (("device key",), of_factor(FactorKind.DEVICE_KEY, state=REVOKED)),
    "recovery codes replaced": (
        ("recovery code",),
        of_factor(FactorKind.RECOVERY_CODES, state=REVOKED),
    ),
    "recovery code used": (("recovery code",), of_rows("recovery_codes", "used_at", now)),
    "pending factor replaced": (("pending factor",), of_factor(state=REVOKED)),
    "client key revoked": (CLIENTS, of_rows("clients", "revoked_at", now)),
    "session ended": (("page",), of_rows("page_sessions", "ends_at", now)),
}
OF_THE_CALLER = ("client key revoked", "session ended")
EACH = [
    pytest.param(case, change, id=f"{case}: {name}")
    for case in CASES
    for name, (kinds, change) in CHANGES.items()
    if {case.caller, *case.presents} & {*kinds} and (name in OF_THE_CALLER or not case.leaves)
]
LEAVING = [
    pytest.param(case, change, id=f"{case}: {name}")
    for case in CASES
    for name, (kinds, change) in CHANGES.items()
    if {*case.presents} & {*kinds} and case.leaves
]


@pytest.fixture(scope="module")
def furnished(
    enrolled: tuple[Scenario, sqlite3.Connection],
) -> Iterator[tuple[World, sqlite3.Connection]]:
    original, rows = enrolled
    with memory_database(copy_of=rows) as database:
        world = furnish(copy.deepcopy(original, {id(original.fakes.database): database}))
        copied = frozen_copy(database)
        yield world, copied
        copied.close()


@pytest.fixture
def fresh(furnished: tuple[World, sqlite3.Connection]) -> Fresh:
    original, rows = furnished

    @contextmanager
    def make() -> Iterator[World]:
        with memory_database(copy_of=rows) as database:
            yield copy.deepcopy(original, {id(original.scenario.fakes.database): database})

    return make


@pytest.fixture(scope="module")
def deciding() -> dict[Case, int]:
    """Keep the number of each case's deciding transaction, which is looked for once."""
    return {}


def written(world: World) -> list[object]:
    """Return what requests write when they are carried out: rows that decide, and the log.

    A refused request may count a guess, use up a code, a capture or a payment's attempt.
    """
    with world.scenario.fakes.database() as uow:
        every = (uow.customers, uow.clients, uow.merchants, uow.terminals, uow.consents)
        every += (uow.endpoints, uow.operator_actions, uow.authorizations, uow.page_sessions)
        every += (uow.deletions,)
        rows: list[object] = [row for table in every for row in table.find_all(after_id="")]
        faces, factors = uow.enrolments.find_all(after_id=""), uow.second_factors.find_all()
        rows += [(face.id, face.state, face.epoch, face.sealed_reference) for face in faces]
        rows += sorted((each.id, each.name, each.state) for each in factors)
        rows += [(each.id, each.nonce) for each in uow.captures.find_all(after_id="")]
    return [*rows, *(kind for kind in leaves_of(world) if kind != "payment.declined")]


def send_while(
    fresh: Fresh, deciding: dict[Case, int], case: Case, change: Change
) -> tuple[str | None, bool]:
    """Return the outcome of an interrupted request, and whether it wrote anything afterwards."""
    if case not in deciding:
        with fresh() as world:
            deciding[case] = deciding_transaction(world, case)
    left: list[list[object]] = []

    def change_and_look(world: World) -> None:
        change(world)
        left.append(written(world))

    with fresh() as world:
        refusal = outcome(interrupted(world, case, deciding[case], change_and_look))
        assert len(left) == 1, "the request was interrupted, once"
        return refusal, written(world) != left[0]


@pytest.mark.parametrize(("case", "change"), EACH)
def test_what_changed_before_the_commit_refuses_the_request(
    fresh: Fresh, deciding: dict[Case, int], case: Case, change: Change
) -> None:
    refusal, wrote = send_while(fresh, deciding, case, change)
    assert refusal is not None
    assert not wrote


@pytest.mark.parametrize(("case", "change"), LEAVING)
def test_what_was_right_when_it_was_presented_is_enough_to_leave(
    fresh: Fresh, deciding: dict[Case, int], case: Case, change: Change
) -> None:
    refusal, wrote = send_while(fresh, deciding, case, change)
    assert refusal is None
    assert wrote


def test_every_use_case_that_changes_something_has_a_case() -> None:
    """A new use case fails here until CASES shows that nothing stale can use it."""
    found = {function for function in _public_functions() if _takes_a_request(function)}
    assert found - PASSES_ON == {case.usecase for case in CASES} | WITHOUT_A_CASE


def test_every_change_is_tried() -> None:
    tried = {param.id.rsplit(": ", 1)[1] for param in [*EACH, *LEAVING] if param.id}
    assert tried == CHANGES.keys()


def _public_functions() -> Iterator[Callable[..., object]]:
    for module in pkgutil.walk_packages(usecases.__path__, f"{usecases.__name__}."):
        if module.name.removeprefix("facepay.usecases.").startswith(FOLDERS):
            for name, function in inspect.getmembers(importlib.import_module(module.name)):
                own = getattr(function, "__module__", "") == module.name
                if own and inspect.isfunction(function) and not name.startswith("_"):
                    yield function


def _takes_a_request(function: Callable[..., object]) -> bool:
    """Tell whether `function` takes a request and answers it; helpers return something else."""
    hints = get_type_hints(function)
    answers = getattr(hints.get("return"), "__module__", "").endswith((".responses", ".sign_in"))
    return answers and bool({*hints.values()} & {Command, SignInAttempt})
