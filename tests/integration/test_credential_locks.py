"""Requests that lock one customer's rows, and operators' keys, never wait for each other in a ring.

PostgreSQL ends such a ring with an error, which would be StorageUnavailable here.
"""

from collections.abc import Callable

from facepay.adapters.unit_of_work import Database
from facepay.domain.errors import FacepayError, StorageUnavailable
from facepay.domain.operator_action import ActionKind
from facepay.usecases.customers.recovery_codes import make_recovery_codes
from facepay.usecases.customers.second_factors import rename_second_factor, revoke_second_factor
from facepay.usecases.faces.lock import lock_face, unlock_face
from facepay.usecases.operators.actions import approve_action, request_action
from facepay.usecases.payments.authorize import submit_second_factor
from facepay.usecases.payments.pay_by_password import pay_by_password
from facepay.usecases.responses import OperatorActionAnswer
from tests.fakes.dependencies import fake_dependencies
from tests.fakes.scenario import Scenario
from tests.support.every_request import CASES
from tests.support.race import together
from tests.support.requests_under_way import Act, World, furnish

ROUNDS = 25
TOGETHER: set[Callable[..., object]] = {
    submit_second_factor,
    pay_by_password,
    make_recovery_codes,
    revoke_second_factor,
    rename_second_factor,
    lock_face,
}


def furnished(database: Database) -> World:
    scenario = Scenario(fake_dependencies(database))
    scenario.enrol("ada")
    return furnish(scenario)


def unlocking(world: World) -> Act:
    command = world.command("device")
    credentials = world.credentials(("password", "device key"), command.claims)
    return lambda: unlock_face(world.deps, command, world.ada.enrolment_id, credentials)


def test_one_customers_requests_never_wait_in_a_ring(database: Database) -> None:
    world, carried_out = furnished(database), 0
    # A code would move the clock, and new recovery codes replace those of the other cases.
    cases = [each for each in CASES if not {"code", "recovery code"} & {*each.presents}]
    for _ in range(ROUNDS):
        unlocking(world)()
        acts = [each.start(world) for each in cases if each.usecase in TOGETHER]
        results = together([*acts, unlocking(world)])
        assert not [each for each in results if isinstance(each, StorageUnavailable)], results
        carried_out += sum(not isinstance(each, FacepayError) for each in results)
        world.scenario.fakes.clock.advance(3600)  # blocks end
    assert carried_out > 3 * ROUNDS, "most are not refused"


def test_two_operators_approve_each_others_requests_at_once(database: Database) -> None:
    world = furnished(database)
    callers = ("operator", "second operator")
    for _ in range(ROUNDS):
        asked = [asking_for_ada(world, caller) for caller in callers]
        acts = [
            approving(world, by, action)
            for by, action in zip(callers, reversed(asked), strict=True)
        ]
        results = together(acts)
        assert [getattr(each, "state", each) for each in results] == ["done", "done"]


def asking_for_ada(world: World, caller: str) -> OperatorActionAnswer:
    target = {"customer": "ada"}
    return request_action(world.deps, world.command(caller), ActionKind.CLEAR_DURESS, target)


def approving(world: World, by: str, action: OperatorActionAnswer) -> Act:
    command = world.command(by)
    return lambda: approve_action(world.deps, command, action.id)
