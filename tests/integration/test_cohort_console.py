"""`facepay faces revoke-cohort` on the server's console, killed in the middle and run again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from facepay.domain.customer import PublicKey, Role
from facepay.domain.enrolment import EnrolmentState
from facepay.domain.operator_action import ActionKind
from facepay.usecases.operators.actions import approve_action, read_action, request_action
from facepay.usecases.operators.register import register_operator
from facepay.usecases.request import Caller, Command
from facepay_client import KeyPair
from tests.support.cohort import copies
from tests.support.people import Scenario
from tests.support.service import RunningService

COHORT = 60


@pytest.fixture(scope="module")
def scenario(service: RunningService) -> Scenario:
    return Scenario(service)


def two_operators(service: RunningService) -> tuple[Caller, Caller]:
    callers = []
    for _ in range(2):
        pair = KeyPair.generate()
        known = register_operator(service.deps, PublicKey(pair.keyid, pair.public_pem))
        callers.append(Caller(known.keyid, Role.OPERATOR, known.id))
    return callers[0], callers[1]


def console(service: RunningService, action_id: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            str(Path(sys.executable).with_name("facepay")),
            "faces",
            "revoke-cohort",
            action_id,
        ],
        env={"PATH": os.environ["PATH"], **service.settings.to_environment()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_cohort_is_revoked_completely_although_the_console_was_killed(
    service: RunningService, scenario: Scenario
) -> None:
    deps, model = service.deps, "breached on the console"
    copies(service, scenario.payer(face="grace"), COHORT, model)
    one, other = two_operators(service)
    command = Command(one, "ask", "ask")
    action = request_action(deps, command, ActionKind.REVOKE_COHORT, {"model": model})

    with console(service, action.id) as early:
        assert early.wait(timeout=60) == 1, "nobody approved it yet"
    approve_action(deps, Command(other, "approve", "approve"), action.id)
    with console(service, action.id) as dying:
        deadline = time.monotonic() + 60
        while read_action(deps, action.id).done == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        dying.send_signal(signal.SIGKILL)
    half = read_action(deps, action.id)
    with console(service, action.id) as again:
        said, errors = again.communicate(timeout=120)

    assert half.done
    assert half.done < COHORT or half.keys_left, "it was killed after the end"
    assert said == f"Revoked: {COHORT} of {COHORT}, keys left: 0\n", errors
    end = read_action(deps, action.id)
    assert (end.state, end.done, end.keys_left) == ("done", COHORT, 0)
    with deps.unit_of_work() as uow:
        gone = uow.enrolments.find_all(model=model)
        counted = {each.id: each for each in uow.deletions.find_all()}
    assert {face.state for face in gone} == {EnrolmentState.REVOKED}
    assert all(face.key_destroyed_at for face in gone)
    assert {counted[face.id].keys_destroyed for face in gone} == {1}
