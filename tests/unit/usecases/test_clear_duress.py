"""Two operators together clear the lock that a duress code put on a face; one alone cannot."""

import pytest

from facepay.domain.customer import Role
from facepay.domain.errors import SecondOperatorNeeded
from facepay.domain.operator_action import ActionKind
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.customers.duress_code import set_duress_code
from facepay.usecases.operators.actions import approve_action, request_action
from facepay.usecases.operators.register import register_operator
from facepay.usecases.request import Caller
from tests.fakes.scenario import PASSWORD, Customer, Scenario, key

DURESS = "271828"


def test_a_face_under_duress_pays_again_only_when_two_operators_agree(
    scenario: Scenario, ada: Customer
) -> None:
    deps, registered = scenario.deps, register_operator(scenario.deps, key())
    second = Caller(registered.keyid, Role.OPERATOR, registered.id)
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    set_duress_code(deps, scenario.command(ada.caller), credentials, DURESS)
    scenario.enter_code(scenario.show_face(ada), DURESS)
    target = {"customer": "ada"}
    action = request_action(
        deps, scenario.command(scenario.operator), ActionKind.CLEAR_DURESS, target
    )
    with pytest.raises(SecondOperatorNeeded):
        approve_action(deps, scenario.command(scenario.operator), action.id)
    assert scenario.enter_code(scenario.show_face(ada), scenario.code_of(ada)).state == "declined"
    done = approve_action(deps, scenario.command(second), action.id)
    assert (done.state, done.done) == ("done", 1)
    assert scenario.enter_code(scenario.show_face(ada), scenario.code_of(ada)).state == "approved"
