"""Whoever first touches a face from the end of its consent on ends it; nobody does before."""

from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from facepay.domain.errors import FaceNotAvailable, WrongState
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.begin_capture import begin_capture
from facepay.usecases.customers.read_account import read_account
from facepay.usecases.faces.deletion_receipt import read_deletion_receipt
from facepay.usecases.faces.end_expired_consents import Swept, end_expired_consents
from facepay.usecases.faces.enrol import begin_enrolment
from facepay.usecases.faces.list_enrolments import list_enrolments
from facepay.usecases.faces.lock import lock_face, unlock_face
from facepay.usecases.faces.renew_template import renew_template
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.expiry import (
    TICK,
    assert_alive,
    assert_gone,
    turn_to_the_end,
)
from tests.fakes.scenario import PASSWORD, Customer, Scenario
from tests.fakes.vault import SECRETS_KEY

Act = Callable[[], object]


def claiming(scenario: Scenario, _: Customer) -> Act:
    intent = scenario.intent()
    return lambda: scenario.reserve(intent, "ada")


def beginning_a_capture(scenario: Scenario, _: Customer) -> Act:
    reserved = scenario.reserve(scenario.intent(), "ada")
    return lambda: begin_capture(scenario.deps, scenario.command(scenario.terminal), reserved.id)


def sending_frames(scenario: Scenario, _: Customer) -> Act:
    capture = scenario.open_payment(scenario.intent(), "ada")
    return lambda: scenario.send(scenario.terminal, capture, "ada")


def entering_a_code(scenario: Scenario, payer: Customer) -> Act:
    intent = scenario.show_face(payer)
    return lambda: scenario.enter_code(intent, code_now(scenario, payer))


def unlocking(scenario: Scenario, payer: Customer) -> Act:
    command, face = scenario.command(payer.caller), payer.enrolment_id
    lock_face(scenario.deps, command, face, Credentials(PASSWORD))
    command = scenario.command(payer.caller)
    return lambda: unlock_face(
        scenario.deps, command, face, Credentials(PASSWORD, code_now(scenario, payer))
    )


def renewing(scenario: Scenario, payer: Customer) -> Act:
    return lambda: renew_template(scenario.deps, payer.enrolment_id)


def enrolling_again(scenario: Scenario, payer: Customer) -> Act:
    command = scenario.command(payer.caller)
    return lambda: begin_enrolment(
        scenario.deps, command, Credentials(PASSWORD, code_now(scenario, payer))
    )


def consenting_again(scenario: Scenario, payer: Customer) -> Act:
    return lambda: scenario.consent(replace(payer))


def listing(scenario: Scenario, payer: Customer) -> Act:
    return lambda: list_enrolments(scenario.deps, payer.caller)


def opening_the_page(scenario: Scenario, payer: Customer) -> Act:
    return lambda: read_account(scenario.deps, payer.caller.subject_id)


def asking_for_a_receipt(scenario: Scenario, payer: Customer) -> Act:
    return lambda: read_deletion_receipt(scenario.deps, payer.caller, payer.enrolment_id)


def code_now(scenario: Scenario, payer: Customer) -> str:
    return scenario.fakes.codes.code(payer.secret, scenario.fakes.clock.now)


USES = [claiming, beginning_a_capture, sending_frames, entering_a_code, unlocking, renewing]
READS = [consenting_again, listing, opening_the_page, asking_for_a_receipt]


@pytest.mark.parametrize("touch", [*USES, *READS, enrolling_again])
def test_no_touch_ends_a_face_before_the_instant(
    scenario: Scenario, ada: Customer, touch: Callable[[Scenario, Customer], Act]
) -> None:
    turn_to_the_end(scenario, ada, before=timedelta(seconds=40))
    act = touch(scenario, ada)
    turn_to_the_end(scenario, ada, before=TICK)
    with suppress(WrongState):  # a second consent, a second face, and a receipt are refused
        act()
    assert_alive(scenario, ada)


@pytest.mark.parametrize("touch", USES)
def test_the_first_use_from_the_instant_on_is_refused_and_ends_the_face(
    scenario: Scenario,
    fakes: FakeDependencies,
    ada: Customer,
    touch: Callable[[Scenario, Customer], Act],
) -> None:
    turn_to_the_end(scenario, ada, before=timedelta(seconds=40))
    act = touch(scenario, ada)
    turn_to_the_end(scenario, ada)
    fakes.journal.events.clear()
    with pytest.raises(FaceNotAvailable):
        act()
    assert_gone(scenario, ada)
    assert set(fakes.vault.keys) == {SECRETS_KEY}, "a key of a renewal does not stay either"
    used = {"vault.unseal", "vault.derive_secret", "engine.observe", "signer.sign"}
    assert not used & set(fakes.journal.events)
    assert end_expired_consents(scenario.deps) == Swept(0, 0)


@pytest.mark.parametrize("touch", [*READS, enrolling_again])
def test_the_first_look_of_the_owner_from_the_instant_on_ends_the_face(
    scenario: Scenario, ada: Customer, touch: Callable[[Scenario, Customer], Act]
) -> None:
    turn_to_the_end(scenario, ada, before=timedelta(seconds=40))
    act = touch(scenario, ada)
    turn_to_the_end(scenario, ada)
    with pytest.raises(WrongState) if touch is enrolling_again else nullcontext():
        act()
    assert_gone(scenario, ada)
