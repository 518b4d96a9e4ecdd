"""Pay by face and by password, with the right and with a wrong face, once and again."""

from facepay_client import fetch_log, fresh_key
from facepay_rehearsal.demo.actors import ALIAS
from facepay_rehearsal.demo.service_times import ServiceLog
from facepay_rehearsal.demo.steps import DemoRun, describe_outcome


def face_payment_approved(run: DemoRun) -> str:
    """Pay with Grace's face and a one-time code; read the service's times from its log."""
    log = ServiceLog(run.environment.service_log)
    intent = run.actors.pay_until_code()
    run.paid = run.actors.terminal.send_code(intent.id, run.actors.fresh_code())
    run.service_time = log.face_payment()
    return run.paid.state


def authorization_verified_offline(run: DemoRun) -> str:
    """Verify the authorization of the first payment with the published keys alone."""
    run.verify(run.paid)
    return "verified"


def wrong_face_declined(run: DemoRun) -> str:
    """Show Eileen's face with Grace's alias and Grace's right code."""
    intent = run.actors.pay_until_code(portrait="eileen")
    return describe_outcome(run.actors.terminal.send_code(intent.id, run.actors.fresh_code()))


def totp_reuse_refused(run: DemoRun) -> str:
    """Pay twice with the same one-time code."""
    first, second = run.actors.pay_until_code(), run.actors.pay_until_code()
    # Draw the code after both captures, so that both uses fall in the same 30 s.
    code = run.actors.fresh_code()
    paid = run.actors.terminal.send_code(first.id, code)
    if paid.state != "approved":
        return f"the first use was {describe_outcome(paid)}"
    return describe_outcome(run.actors.terminal.send_code(second.id, code))


def idempotent_retry_same_answer(run: DemoRun) -> str:
    """Send the same code twice with one idempotency key; count the approvals in the log."""
    intent, key = run.actors.pay_until_code(), fresh_key()
    code, before = run.actors.fresh_code(), _count_approvals(run)
    first = run.actors.terminal.send_code(intent.id, code, idempotency_key=key)
    again = run.actors.terminal.send_code(intent.id, code, idempotency_key=key)
    count = _count_approvals(run) - before
    same = first == again and first.authorization is not None
    return f"{first.state}, {'same' if same else 'another'} answer, approvals in the log: {count}"


def password_payment_approved(run: DemoRun) -> str:
    """Pay the payment that the revocation stopped, with the password and a one-time code."""
    if run.open_capture is None:
        return "no payment was open"
    actors, intent = run.actors, run.open_capture[0]
    paid = actors.terminal.use_password(intent.id, ALIAS, actors.password_and_code())
    run.verify(paid)
    return paid.state


def _count_approvals(run: DemoRun) -> int:
    leaves = fetch_log(run.actors.published).leaves
    return sum(leaf.kind == "payment.approved" for leaf in leaves)
