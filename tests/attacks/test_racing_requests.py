"""Requests race on two workers, and each effect that is allowed once happens once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from facepay_client import Credentials, Problem, RetryPolicy
from tests.support.forgery import post, send
from tests.support.people import AFTER_THE_BLOCK, PASSWORD, Payer, PointOfSale, Scenario, genuine

Result = TypeVar("Result")
INTENTS = "/v1/payment_intents"


def authorizations(scenario: Scenario, intent_id: str) -> int:
    with scenario.service.deps.unit_of_work() as uow:
        return len(uow.authorizations.find_all(intent_id=intent_id))


def use_password(intent_id: str) -> str:
    return f"{INTENTS}/{intent_id}/use_password"


def at_once(number: int, act: Callable[[int], Result]) -> list[Result]:
    with ThreadPoolExecutor(number) as pool:
        return [each.result() for each in [pool.submit(act, i) for i in range(number)]]


def test_twenty_requests_with_one_key_make_one_authorization(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    intent = pos.intent()
    scenario.show_face(pos, intent, grace, "grace")
    request = post(f"{INTENTS}/{intent.id}/second_factor", {"code": grace.code()}, "one key")
    answers = at_once(20, lambda _: send(pos.transport, request))
    assert {answer.status_code for answer in answers} <= {200, 409}
    approved = [answer.json() for answer in answers if answer.status_code == 200]
    assert approved
    assert all(body == approved[0] for body in approved)
    assert approved[0]["state"] == "approved"
    assert authorizations(scenario, intent.id) == 1


def test_twenty_requests_with_twenty_keys_make_one_authorization(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    intent = pos.intent()
    body = {"payer": grace.alias, "password": PASSWORD, "code": grace.code()}
    path = f"{INTENTS}/{intent.id}/use_password"
    at_once(20, lambda i: send(pos.transport, post(path, body, f"key {i}")))
    assert pos.terminal.get_intent(intent.id).state in ("approved", "declined")
    assert authorizations(scenario, intent.id) <= 1


def test_one_code_on_five_payments_at_once_pays_one(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    intents = [pos.intent() for _ in range(5)]
    body = {"payer": grace.alias, "password": PASSWORD, "code": grace.code()}
    at_once(
        5,
        lambda i: send(pos.transport, post(use_password(intents[i].id), body, f"key {i}")),
    )
    assert sum(authorizations(scenario, intent.id) for intent in intents) <= 1


def test_racing_guesses_cannot_exceed_the_limit(scenario: Scenario, pos: PointOfSale) -> None:
    payer = scenario.payer()
    intents = [pos.intent() for _ in range(12)]
    right = payer.code()
    body = {"payer": payer.alias, "password": PASSWORD, "code": payer.wrong_code()}
    at_once(
        12,
        lambda i: send(pos.transport, post(use_password(intents[i].id), body, f"key {i}")),
    )
    blocked = pos.terminal.use_password(pos.intent().id, payer.alias, Credentials(PASSWORD, right))
    assert blocked.state == "declined", "after five wrong codes even the right one must wait"
    own_device = payer.customer.add_second_factor("tablet", Credentials(PASSWORD, payer.code()))
    assert own_device.state == "pending", "failures at terminals must not block the owner"
    scenario.service.clock.advance(AFTER_THE_BLOCK)
    again = Credentials(PASSWORD, payer.code())
    paid = pos.terminal.use_password(pos.intent().id, payer.alias, again)
    assert paid.state == "approved", "the block ends"


def test_one_burst_sent_ten_times_at_once_is_judged_once(pos: PointOfSale, grace: Payer) -> None:
    intent = pos.intent()
    capture = pos.capture(intent.id, grace.alias)
    frames = genuine("grace", capture.challenge, 2)

    def try_it(i: int) -> str:
        try:
            return pos.terminal.send_frames(capture, frames, idempotency_key=f"hand {i}").outcome
        except Problem as problem:
            return problem.code

    outcomes = at_once(10, try_it)
    assert outcomes.count("accepted") == 1
    assert set(outcomes) == {"accepted", "wrong_state"}


def test_a_client_that_retries_early_gets_the_one_answer_in_the_end(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    patient = scenario.transport(pos.transport._key, RetryPolicy(attempts=8))
    intent = pos.intent()
    body = {"payer": grace.alias, "password": PASSWORD, "code": grace.code()}
    path = f"{INTENTS}/{intent.id}/use_password"
    answers = at_once(6, lambda _: patient.post(path, body, idempotency_key="the one"))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["state"] == "approved"
