"""CASES: every use case that changes something, by every caller, with every kind of credentials."""

from collections.abc import Callable, Iterator
from typing import Any

from facepay.domain.challenge import Profile
from facepay.domain.money import Money
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.authentication.sign_in import sign_in
from facepay.usecases.begin_capture import begin_capture
from facepay.usecases.consents.grant import grant_consent
from facepay.usecases.consents.withdraw import withdraw_consent
from facepay.usecases.customers.duress_code import remove_duress_code, set_duress_code
from facepay.usecases.customers.passwords import change_password, reset_password
from facepay.usecases.customers.recovery_codes import make_recovery_codes
from facepay.usecases.customers.second_factors import (
    add_second_factor,
    confirm_second_factor,
    rename_second_factor,
    revoke_second_factor,
)
from facepay.usecases.faces.emergency_stop import revoke_with_recovery_code
from facepay.usecases.faces.enrol import begin_enrolment, finish_enrolment
from facepay.usecases.faces.lock import lock_face, unlock_face
from facepay.usecases.faces.revoke import revoke_face
from facepay.usecases.open_capture import open_enrolment_capture, open_payment_capture
from facepay.usecases.operators.actions import approve_action, continue_action, request_action
from facepay.usecases.operators.register import (
    register_customer,
    register_merchant,
    register_terminal,
)
from facepay.usecases.payments.authorize import submit_frames, submit_second_factor
from facepay.usecases.payments.intents import choose_alternative, create_intent, reverse_payment
from facepay.usecases.payments.pay_by_password import pay_by_password
from facepay.usecases.request import Command
from facepay.usecases.webhooks.endpoints import create_endpoint, disable_endpoint
from tests.fakes.scenario import PASSWORD, key
from tests.support.client_requests import of_clients
from tests.support.prepared_requests import (
    WITH_CODE,
    another_factor,
    asking,
    confirming,
    enrolling,
    granting,
    paid,
    paying_by_face,
    paying_by_password,
    signing_in,
    with_locked_face,
    without_consent,
    without_face,
)
from tests.support.request_cases import (
    ALONE,
    OWN,
    PAIRS,
    WITH_DEVICE_KEY,
    WITH_RECOVERY_CODE,
    Prepare,
    cases,
    nothing,
)
from tests.support.requests_under_way import Case, World

NEW = "another horse battery"
DURESS = "271828"
URL = "https://receiver.example/events"


def entering() -> Iterator[Case]:
    """Yield requests that need the password, a second factor, or both."""
    yield from cases(
        change_password, OWN, PAIRS, lambda w, c, p, _: change_password(w.deps, c, p, NEW)
    )
    yield from cases(
        reset_password,
        ("device",),
        (("recovery code",),),
        lambda w, c, p, _: reset_password(w.deps, c, p.recovery_code or "", NEW),
    )
    yield from cases(
        make_recovery_codes, OWN, PAIRS, lambda w, c, p, _: make_recovery_codes(w.deps, c, p)
    )
    yield from cases(
        add_second_factor, OWN, PAIRS, lambda w, c, p, _: add_second_factor(w.deps, c, "new", p)
    )
    yield from cases(
        revoke_second_factor,
        OWN,
        PAIRS,
        lambda w, c, p, factor_id: revoke_second_factor(w.deps, c, factor_id, p),
        another_factor,
    )
    yield from cases(
        set_duress_code,
        OWN,
        (WITH_CODE,),
        lambda w, c, p, _: set_duress_code(w.deps, c, p, DURESS),
    )
    yield from cases(
        remove_duress_code,
        OWN,
        (WITH_CODE, WITH_RECOVERY_CODE),
        lambda w, c, p, _: remove_duress_code(w.deps, c, p),
    )
    yield from cases(
        begin_enrolment, OWN, PAIRS, lambda w, c, p, _: begin_enrolment(w.deps, c, p), without_face
    )
    yield from cases(
        unlock_face,
        OWN,
        PAIRS,
        lambda w, c, p, _: unlock_face(w.deps, c, w.ada.enrolment_id, p),
        with_locked_face,
    )
    yield Case(confirm_second_factor, "device", ("pending factor",), confirming)
    for presents in (WITH_CODE, WITH_RECOVERY_CODE):
        yield Case(sign_in, "", presents, signing_in(presents))


def paying() -> Iterator[Case]:
    """Yield payments: at a terminal with a code, and on the payer's device with its key."""
    yield Case(pay_by_password, "terminal", WITH_CODE, paying_by_password("terminal", WITH_CODE))
    own = paying_by_password("device", WITH_DEVICE_KEY)
    yield Case(pay_by_password, "device", WITH_DEVICE_KEY, own)
    for caller, presents in (("terminal", ("code",)), ("device", ("device key",))):
        start = paying_by_face(caller, presents)
        yield Case(submit_second_factor, caller, presents, start)


def leaving() -> Iterator[Case]:
    """Yield locks and revocations, for which any one credential is enough."""

    def locks(w: World, c: Command, p: Credentials, _: Any) -> object:
        return lock_face(w.deps, c, w.ada.enrolment_id, p)

    def revokes(w: World, c: Command, p: Credentials, _: Any) -> object:
        return revoke_face(w.deps, c, w.ada.enrolment_id, p)

    yield from cases(lock_face, ("device",), ALONE, locks, leaves=True)
    yield from cases(revoke_face, ("device",), ALONE, revokes, leaves=True)
    yield from cases(
        lock_face,
        ("page",),
        ((),),
        lambda w, c, _, __: lock_face(w.deps, c, w.ada.enrolment_id, w.session),
        leaves=True,
    )
    yield from cases(
        revoke_face,
        ("page",),
        ((),),
        lambda w, c, _, __: revoke_face(w.deps, c, w.ada.enrolment_id, w.session),
        leaves=True,
    )
    yield from cases(
        revoke_with_recovery_code,
        ("visitor",),
        (("recovery code",),),
        lambda w, c, p, _: revoke_with_recovery_code(w.deps, c, "ada", p.recovery_code or ""),
        leaves=True,
    )


def signed_only() -> Iterator[Case]:
    """Yield requests that need no more than a client's signature, or a session."""

    def signed(
        usecase: Callable[..., object],
        callers: tuple[str, ...],
        send: Callable[[World, Command, Any], object],
        prepare: Prepare = nothing,
    ) -> Iterator[Case]:
        return cases(usecase, callers, ((),), lambda w, c, _, made: send(w, c, made), prepare)

    terminal, merchant, operator = ("terminal",), ("merchant",), ("operator",)
    yield from signed(grant_consent, ("device",), granting, without_consent)
    yield from signed(
        withdraw_consent, OWN, lambda w, c, _: withdraw_consent(w.deps, c, w.ada.consent_id)
    )
    yield from signed(
        rename_second_factor,
        ("device",),
        lambda w, c, factor_id: rename_second_factor(w.deps, c, factor_id, "new name"),
        another_factor,
    )
    yield from signed(
        create_intent, terminal, lambda w, c, _: create_intent(w.deps, c, Money(1, "EUR"), "1")
    )
    yield from signed(
        choose_alternative,
        terminal,
        lambda w, c, intent: choose_alternative(w.deps, c, intent.id),
        lambda w: w.scenario.intent(),
    )
    yield from signed(
        reverse_payment,
        terminal,
        lambda w, c, intent: reverse_payment(w.deps, c, intent.id),
        paid,
    )
    yield from signed(
        open_payment_capture,
        terminal,
        lambda w, c, intent: open_payment_capture(w.deps, c, intent.id, "ada", Profile.STANDARD),
        lambda w: w.scenario.intent(),
    )
    yield from signed(
        open_enrolment_capture,
        ("device",),
        lambda w, c, face: open_enrolment_capture(w.deps, c, face.id, Profile.STANDARD),
        lambda w: w.scenario.begin(without_face(w)),
    )
    yield from signed(
        begin_capture,
        terminal,
        lambda w, c, capture: begin_capture(w.deps, c, capture.id),
        lambda w: w.scenario.reserve(w.scenario.intent(), "ada"),
    )
    yield from signed(
        submit_frames,
        terminal,
        lambda w, c, capture: w.scenario.send(w.scenario.terminal, capture, "ada", c),
        lambda w: w.scenario.open_payment(w.scenario.intent(), "ada"),
    )
    yield from signed(
        finish_enrolment,
        ("device",),
        lambda w, c, capture: w.scenario.send(w.ada.caller, capture, "ada", c),
        enrolling,
    )
    yield from signed(
        register_merchant, operator, lambda w, c, _: register_merchant(w.deps, c, "shop", key())
    )
    yield from signed(
        register_customer,
        operator,
        lambda w, c, _: register_customer(w.deps, c, "bob", PASSWORD, key()),
    )
    yield from signed(
        register_terminal, merchant, lambda w, c, _: register_terminal(w.deps, c, "second", key())
    )
    yield from signed(
        create_endpoint, merchant + operator, lambda w, c, _: create_endpoint(w.deps, c, URL)
    )
    yield from signed(
        disable_endpoint,
        merchant,
        lambda w, c, endpoint: disable_endpoint(w.deps, c, endpoint.id),
        lambda w: create_endpoint(w.deps, w.command("merchant"), URL),
    )
    yield from signed(request_action, operator, lambda w, c, _: asking(w, c))
    yield from signed(
        approve_action,
        ("second operator",),
        lambda w, c, action: approve_action(w.deps, c, action.id),
        lambda w: asking(w, w.command("operator")),
    )


CASES = [*entering(), *paying(), *leaving(), *signed_only(), *of_clients()]

# The faces of a batch are revoked in transactions of their own, and two operators have approved
# them: a batch that has begun goes on, whoever began it.
WITHOUT_A_CASE = {continue_action}
