"""One operator with a stolen key or bad intentions cannot revoke a customer's face alone."""

from datetime import datetime

import pytest

from facepay.domain.customer import PublicKey
from facepay.usecases.operators.register import register_operator
from facepay_client import KeyPair, Problem, Transport
from tests.support.forgery import post, send
from tests.support.people import PASSWORD, Payer, PointOfSale, Scenario

ACTIONS = "/v1/operator_actions"


@pytest.fixture
def second(scenario: Scenario) -> Transport:
    pair = KeyPair.generate()
    register_operator(scenario.service.deps, PublicKey(pair.keyid, pair.public_pem))
    return scenario.transport(pair)


def refused(scenario: Scenario, transport: Transport, path: str, key: str) -> tuple[int, str]:
    answer = send(transport, post(path, None, key))
    return answer.status_code, answer.json()["code"]


def state(scenario: Scenario, payer: Payer) -> str:
    return next(e.state for e in payer.customer.get_enrolments() if e.id == payer.enrolment_id)


def test_one_operator_alone_cannot_revoke(scenario: Scenario, grace: Payer) -> None:
    direct = send(
        scenario.operator_transport,
        post(f"/v1/enrolments/{grace.enrolment_id}/revoke", {"password": PASSWORD}, "directly"),
    )
    assert (direct.status_code, direct.json()["code"]) == (403, "not_allowed")
    action = scenario.operator.request_action("revoke_face", {"customer": grace.alias})
    approve = f"{ACTIONS}/{action.id}/approve"
    answers = [
        refused(scenario, scenario.operator_transport, approve, "by who asked"),
        refused(
            scenario, scenario.operator_transport, f"{ACTIONS}/{action.id}/continue", "skipping"
        ),
    ]
    assert answers == [(403, "second_operator_needed"), (409, "wrong_state")]
    assert state(scenario, grace) == "active"
    assert scenario.operator.get_action(action.id).state == "requested"


def test_only_operators_request_approve_continue_or_read_actions(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    action = scenario.operator.request_action("revoke_face", {"customer": grace.alias})
    body = {"kind": "revoke_face", "target": {"customer": grace.alias}}
    for name, transport in (("terminal", pos.transport), ("customer", grace.transport)):
        answers = [
            send(transport, post(ACTIONS, body, f"{name} asks")),
            send(transport, post(f"{ACTIONS}/{action.id}/approve", None, f"{name} approves")),
            send(transport, post(f"{ACTIONS}/{action.id}/continue", {}, f"{name} goes on")),
        ]
        assert {each.json()["code"] for each in answers} == {"not_allowed"}
        with pytest.raises(Problem) as looking:
            transport.get(f"{ACTIONS}/{action.id}")
        assert looking.value.code == "not_allowed"


def test_a_replayed_approval_takes_no_second_face(
    scenario: Scenario, pos: PointOfSale, second: Transport
) -> None:
    """Replay the approval, and approve the same action again, after the owner enrolled anew."""
    payer = scenario.payer(face="grace")
    action = scenario.operator.request_action("revoke_face", {"customer": payer.alias})
    approve = post(f"{ACTIONS}/{action.id}/approve", None, "approval")
    signed = second.signed(approve)
    first = second.send_once(signed)
    assert (first.status_code, first.json()["state"]) == (200, "done")
    payer.customer.withdraw_consent(payer.consent_id)
    payer.enrol("grace")
    replayed = second.send_once(signed)
    assert (replayed.status_code, replayed.json()["code"]) == (401, "nonce_replayed")
    assert send(second, approve).json()["state"] == "done", "the first answer, and nothing more"
    again = send(second, post(f"{ACTIONS}/{action.id}/approve", None, "another approval"))
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    assert state(scenario, payer) == "active"


def test_an_unapproved_action_expires_after_an_hour(
    scenario: Scenario, grace: Payer, second: Transport
) -> None:
    action = scenario.operator.request_action("revoke_face", {"customer": grace.alias})
    scenario.service.clock.advance(3601)
    assert refused(scenario, second, f"{ACTIONS}/{action.id}/approve", "late") == (
        409,
        "wrong_state",
    )
    assert state(scenario, grace) == "active"


@pytest.mark.parametrize(
    "target",
    [
        {},
        {"customer": ""},
        {"customer": ["a"]},
        {"enrolment": "enr_1"},
        {"enrolment": None},
        {"everybody": True},
        {"enrolled_before": "soon"},
        {"enrolled_before": "2026-11-23T10:00:00"},
        {"enrolled_after": "9999-12-31T23:59:59+00:00", "model": "\ud800"},
        {"model": 1},
        "everybody",
        None,
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["revoke_face", "revoke_cohort", "erase_everything", None])
def test_a_malformed_request_is_refused_and_selects_no_cohort_by_mistake(
    scenario: Scenario, kind: object, target: object
) -> None:
    body = {"kind": kind, "target": target}
    answer = send(scenario.operator_transport, post(ACTIONS, body, f"{kind} {target}"[:80]))
    assert answer.status_code in (400, 422), answer.text


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_times_at_the_ends_of_the_calendar_cause_no_crash(scenario: Scenario, moment: str) -> None:
    assert datetime.fromisoformat(moment)
    for name in ("enrolled_before", "enrolled_after"):
        body = {"kind": "revoke_cohort", "target": {name: moment}}
        answer = send(scenario.operator_transport, post(ACTIONS, body, f"{name} {moment}"))
        assert answer.status_code in (201, 422), answer.text
