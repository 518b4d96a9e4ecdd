"""Requests made ready for tests that interrupt them: what must be there before each is sent."""

from collections.abc import Callable
from typing import Any

from facepay.domain.consent import ConsentPurpose
from facepay.domain.operator_action import ActionKind
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.authentication.sign_in import SignInAttempt, sign_in
from facepay.usecases.consents.grant import grant_consent
from facepay.usecases.consents.withdraw import withdraw_consent
from facepay.usecases.customers.second_factors import (
    add_second_factor,
    confirm_second_factor,
    list_second_factors,
)
from facepay.usecases.faces.lock import lock_face
from facepay.usecases.operators.actions import request_action
from facepay.usecases.payments.authorize import submit_second_factor
from facepay.usecases.payments.intents import read_intent_to_confirm
from facepay.usecases.payments.pay_by_password import pay_by_password
from facepay.usecases.request import Command
from tests.fakes.scenario import PASSWORD, claims_of, key
from tests.support.requests_under_way import Act, World

WITH_CODE = ("password", "code")


def another_factor(world: World) -> str:
    """Add a factor that no case presents, and return its id."""
    world.scenario.add_device(world.ada)
    return list_second_factors(world.deps, world.ada.caller)[-1].id


def without_face(world: World) -> Any:
    world.scenario.revoke(world.ada)
    return world.ada


def without_consent(world: World) -> None:
    withdraw_consent(world.deps, world.command("device"), world.ada.consent_id)


def with_locked_face(world: World) -> None:
    credentials = Credentials(password=PASSWORD)
    lock_face(world.deps, world.command("device"), world.ada.enrolment_id, credentials)


def enrolling(world: World) -> Any:
    world.scenario.begin(without_face(world))
    return world.scenario.open_enrolment(world.ada)


def granting(world: World, command: Command, _: Any) -> object:
    notice = world.deps.policy.notice
    return grant_consent(
        world.deps,
        command,
        purpose=ConsentPurpose.FACE_PAYMENT,
        notice_version=notice.version,
        notice_sha256=notice.sha256,
        expires_at=None,
    )


def confirming(world: World) -> Act:
    device, credentials = key(), world.credentials(WITH_CODE, {})
    added = add_second_factor(world.deps, world.command("device"), "new", credentials, device)
    command = world.command("device")
    signed = world.scenario.signs(device, command.claims)
    return lambda: confirm_second_factor(world.deps, command, added.id, signed)


def paid(world: World) -> Any:
    intent, credentials = world.scenario.intent(), world.credentials(WITH_CODE, {})
    return world.scenario.pay_by_password(intent, "ada", credentials)


def asking(world: World, command: Command) -> Any:
    return request_action(world.deps, command, ActionKind.REVOKE_FACE, {"customer": "ada"})


def paying_by_password(caller: str, presents: tuple[str, ...]) -> Callable[[World], Act]:
    def start(world: World) -> Act:
        intent, command = world.scenario.intent(), world.command(caller)
        credentials = _for_payment(world, intent, presents)
        alias = "ada" if caller == "terminal" else None
        return lambda: pay_by_password(world.deps, command, intent.id, alias, credentials)

    return start


def paying_by_face(caller: str, presents: tuple[str, ...]) -> Callable[[World], Act]:
    def start(world: World) -> Act:
        intent, command = world.scenario.show_face(world.ada), world.command(caller)
        credentials = _for_payment(world, intent, presents)
        return lambda: submit_second_factor(world.deps, command, intent.id, credentials)

    return start


def _for_payment(world: World, intent: Any, presents: tuple[str, ...]) -> Credentials:
    payment = read_intent_to_confirm(world.deps, world.ada.caller, intent.id)
    return world.credentials(presents, claims_of(payment))


def signing_in(presents: tuple[str, ...]) -> Callable[[World], Act]:
    def start(world: World) -> Act:
        attempt = SignInAttempt("ada", world.credentials(presents, {}))
        return lambda: sign_in(world.deps, attempt)

    return start
