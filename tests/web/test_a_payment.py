"""A payment as a terminal and an app see it, on real gunicorn, OpenBao, databases and faces."""

import pyotp
import pytest

from facepay_client import (
    Credentials,
    Device,
    Problem,
    Terminal,
    VerificationFailed,
    verify_authorization,
)
from facepay_rehearsal import bursts
from tests.support.people import PASSWORD, Payer, PointOfSale, Scenario, as_frames, genuine
from tests.support.renders import rendered


def refusal(error: pytest.ExceptionInfo[Problem]) -> tuple[int, str, str]:
    return error.value.status, error.value.code, error.value.user_action


def test_a_face_and_a_code_pay_and_the_acquirer_verifies_it_offline(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    intent = pos.intent(4250)
    assert intent.state == "created"
    assert "password" in intent.methods, "face must never be the only way"
    accepted = scenario.show_face(pos, intent, grace, "grace")
    assert accepted.payment_intent is not None
    assert accepted.payment_intent.state == "awaiting_second_factor"
    paid = pos.terminal.send_code(intent.id, grace.code())
    assert paid.state == "approved"
    assert paid.authorization is not None
    expected = {
        "jwks": scenario.published.jwks(),
        "expected_issuer": scenario.service.url,
        "expected_merchant": pos.merchant_id,
        "expected_currency": "EUR",
        "expected_order_ref": intent.order_ref,
        "now": scenario.service.clock.now().timestamp(),
    }
    verify_authorization(paid.authorization, expected_amount_minor=4250, **expected)
    with pytest.raises(VerificationFailed):
        verify_authorization(paid.authorization, expected_amount_minor=4251, **expected)


def test_a_stranger_with_the_right_code_does_not_pay_and_learns_no_reason(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    intent = pos.intent()
    accepted = scenario.show_face(pos, intent, grace, "eileen")
    assert accepted.outcome == "accepted", "the terminal must not learn whether the face matched"
    by_face = pos.terminal.send_code(intent.id, grace.code())
    other = pos.intent()
    scenario.show_face(pos, other, grace, "grace")
    by_code = pos.terminal.send_code(other.id, grace.wrong_code())
    answers = [(i.state, i.reason_class, i.user_action, i.methods) for i in (by_face, by_code)]
    assert answers[0] == answers[1], "wrong face and wrong code must look alike"
    assert answers[0][:2] == ("declined", "not_verified")


def test_after_a_failed_face_the_password_pays_the_same_payment(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    intent = pos.intent()
    scenario.show_face(pos, intent, grace, "eileen")
    assert pos.terminal.send_code(intent.id, grace.code()).state == "declined"
    paid = pos.terminal.use_password(intent.id, grace.alias, Credentials(PASSWORD, grace.code()))
    assert (paid.state, paid.amount_minor) == ("approved", intent.amount_minor)


def test_a_revoked_face_pays_nothing_and_the_password_still_does(
    scenario: Scenario, pos: PointOfSale
) -> None:
    payer = scenario.payer(face="grace")
    waiting, captured = pos.intent(), pos.intent()
    scenario.show_face(pos, waiting, payer, "grace")
    capture = pos.capture(captured.id, payer.alias)

    revoked = payer.customer.revoke_face(payer.enrolment_id, Credentials(password=PASSWORD))

    assert (revoked.state, revoked.key_destroyed) == ("revoked", True)
    gone = (409, "face_not_available", "use_password")
    with pytest.raises(Problem) as with_code:
        pos.terminal.send_code(waiting.id, payer.code())
    assert refusal(with_code) == gone
    with pytest.raises(Problem) as with_frames:
        pos.terminal.send_frames(capture, genuine("grace", capture.challenge, 3))
    assert refusal(with_frames) == gone
    with pytest.raises(Problem) as anew:
        pos.capture(pos.intent().id, payer.alias)
    assert refusal(anew) == gone
    assert pos.terminal.get_intent(waiting.id).state == "revoked"
    paid = pos.terminal.use_password(waiting.id, payer.alias, Credentials(PASSWORD, payer.code()))
    assert paid.state == "approved"


def test_one_code_suffices_to_revoke(scenario: Scenario) -> None:
    payer = scenario.payer(face="eileen")
    assert (
        payer.customer.revoke_face(payer.enrolment_id, Credentials(code=payer.code())).state
        == "revoked"
    )


def test_withdrawing_consent_is_one_request_and_revokes_the_face(
    scenario: Scenario, pos: PointOfSale
) -> None:
    payer = scenario.payer(face="eileen")
    withdrawn = payer.customer.withdraw_consent(payer.consent_id)
    assert withdrawn.withdrawn_at is not None
    with pytest.raises(Problem) as error:
        pos.capture(pos.intent().id, payer.alias)
    assert error.value.code == "face_not_available"
    deps = scenario.service.deps
    with deps.unit_of_work() as uow:
        enrolment = uow.enrolments.find(id=payer.enrolment_id)
    assert enrolment is not None
    assert enrolment.sealed_reference is None
    assert enrolment.key_destroyed_at is not None


def test_a_capture_expires_after_60_seconds(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    intent = pos.intent()
    capture = pos.capture(intent.id, grace.alias)
    scenario.service.clock.advance(61)
    with pytest.raises(Problem) as error:
        pos.terminal.send_frames(capture, genuine("grace", capture.challenge, 2))
    assert refusal(error) == (410, "capture_expired", "try_again")
    assert pos.capture(intent.id, grace.alias).id != capture.id


def test_a_payment_expires_after_ten_minutes(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    intent = pos.intent()
    scenario.service.clock.advance(601)
    with pytest.raises(Problem) as error:
        pos.terminal.use_password(intent.id, grace.alias, Credentials(PASSWORD, grace.code()))
    assert refusal(error) == (410, "intent_expired", "start_again")
    assert pos.terminal.get_intent(intent.id).state == "expired"


def test_a_payer_has_three_captures_and_then_the_password(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    intent = pos.intent()
    for _ in range(3):
        pos.capture(intent.id, grace.alias)
    with pytest.raises(Problem) as error:
        pos.capture(intent.id, grace.alias)
    assert refusal(error) == (409, "captures_used_up", "use_password")
    paid = pos.terminal.use_password(intent.id, grace.alias, Credentials(PASSWORD, grace.code()))
    assert paid.state == "approved"


def test_choosing_another_method_is_not_a_failure(pos: PointOfSale) -> None:
    chosen = pos.terminal.choose_alternative(pos.intent().id)
    assert (chosen.state, chosen.reason_class) == ("payer_chose_alternative", None)


def test_a_lost_outcome_can_be_read_and_an_approval_reversed(
    pos: PointOfSale, grace: Payer
) -> None:
    intent = pos.intent()
    paid = pos.terminal.use_password(intent.id, grace.alias, Credentials(PASSWORD, grace.code()))
    assert pos.terminal.get_intent(intent.id).authorization == paid.authorization
    assert pos.merchant.get_intent(intent.id).state == "approved"
    assert pos.terminal.reverse(intent.id).state == "reversed"
    assert pos.merchant.reverse(intent.id).state == "reversed", "reversing is safe to repeat"


def test_a_code_pays_once(pos: PointOfSale, grace: Payer) -> None:
    code = grace.code()
    first = pos.terminal.use_password(pos.intent().id, grace.alias, Credentials(PASSWORD, code))
    again = pos.terminal.use_password(pos.intent().id, grace.alias, Credentials(PASSWORD, code))
    assert (first.state, again.state) == ("approved", "declined")


def test_a_secret_is_shown_again_until_it_is_confirmed_and_then_never(scenario: Scenario) -> None:
    payer = scenario.payer()
    code = payer.code()
    add = payer.customer.add_second_factor
    shown = add("tablet", Credentials(PASSWORD, code), idempotency_key="tablet")
    assert add("tablet", Credentials(PASSWORD, code), idempotency_key="tablet") == shown
    assert shown.secret is not None
    new = pyotp.TOTP(shown.secret).at(scenario.service.clock.now())
    assert payer.customer.confirm_second_factor(shown.id, new).state == "active"
    assert add("tablet", Credentials(PASSWORD, code), idempotency_key="tablet").secret is None


def second_authenticator(scenario: Scenario, payer: Payer) -> tuple[str, str]:
    """Add an authenticator with password and code, and confirm it; return its id and secret."""
    added = payer.customer.add_second_factor("tablet", Credentials(PASSWORD, payer.code()))
    assert added.secret is not None
    code = pyotp.TOTP(added.secret).at(scenario.service.clock.now())
    payer.customer.confirm_second_factor(added.id, code)
    return added.id, added.secret


def test_a_revoked_authenticator_pays_nothing(scenario: Scenario, pos: PointOfSale) -> None:
    payer = scenario.payer(face="grace")
    tablet, secret = second_authenticator(scenario, payer)
    revoked = payer.customer.revoke_second_factor(tablet, Credentials(PASSWORD, payer.code()))
    assert revoked.state == "revoked"
    scenario.service.clock.advance(30)
    gone = pyotp.TOTP(secret).at(scenario.service.clock.now())
    declined = pos.terminal.use_password(pos.intent().id, payer.alias, Credentials(PASSWORD, gone))
    assert declined.state == "declined"
    paid = pos.terminal.use_password(
        pos.intent().id, payer.alias, Credentials(PASSWORD, payer.code())
    )
    assert paid.state == "approved", "the other one still pays"


def test_the_last_authenticator_cannot_be_revoked(scenario: Scenario) -> None:
    """Otherwise the password alone could add a new one, and so replace the second factor."""
    payer = scenario.payer()
    with pytest.raises(Problem) as error:
        payer.customer.revoke_second_factor(payer.factor_id, Credentials(PASSWORD, payer.code()))
    assert error.value.code == "wrong_state"


def test_a_stolen_phone_and_the_password_do_not_change_the_second_factor(
    scenario: Scenario,
) -> None:
    payer = scenario.payer()
    with pytest.raises(Problem) as adding:
        payer.customer.add_second_factor("the thief's", Credentials(PASSWORD))
    with pytest.raises(Problem) as revoking:
        payer.customer.revoke_second_factor(payer.factor_id, Credentials(PASSWORD))
    assert adding.value.code == revoking.value.code == "credentials_rejected"


def test_an_earlier_pending_authenticator_cannot_be_confirmed(scenario: Scenario) -> None:
    """One is pending at a time, for ten minutes; an earlier one cannot replace a confirmed one."""
    payer = scenario.newcomer()
    waiting = payer.customer.add_second_factor("in wait", Credentials(PASSWORD))
    payer.confirm_authenticator()
    assert waiting.secret is not None
    code = pyotp.TOTP(waiting.secret).at(scenario.service.clock.now())
    with pytest.raises(Problem) as error:
        payer.customer.confirm_second_factor(waiting.id, code)
    assert error.value.code == "wrong_state"
    late = payer.customer.add_second_factor("late", Credentials(PASSWORD, payer.code()))
    scenario.service.clock.advance(600)
    with pytest.raises(Problem) as error:
        payer.customer.confirm_second_factor(late.id, "123456")
    assert error.value.code == "wrong_state"


def test_a_mirrored_camera_can_enrol_and_pay(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    intent = pos.intent()
    capture = pos.capture(intent.id, grace.alias)
    steps, light = capture.challenge.steps, capture.challenge.light
    shots = rendered(bursts.genuine, "grace", steps, 4, light=light, mirrored=True)
    mirror = Terminal(pos.transport, Device(mirrored=True))
    accepted = mirror.send_frames(capture, as_frames(shots, capture.challenge))
    assert accepted.outcome == "accepted"
    assert pos.terminal.send_code(intent.id, grace.code()).state == "approved"
