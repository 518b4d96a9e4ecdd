"""Lock, unlock and revoke Grace's face, and verify the deletion receipt."""

from facepay_client import Credentials, fetch_log, verify_deletion_receipt
from facepay_rehearsal.camera import GENUINE
from facepay_rehearsal.demo.actors import ALIAS
from facepay_rehearsal.demo.steps import DemoRun, refusal_of


def lock_then_refused(run: DemoRun) -> str:
    """Lock the face with the password; then try to open a capture for it."""
    actors = run.actors
    password = Credentials(password=actors.payer.password)
    locked = actors.customer.lock_face(run.enrolment_id, password)
    intent = actors.new_intent()
    refused = refusal_of(lambda: actors.terminal.open_capture(intent.id, ALIAS))
    return f"{locked.state}, {refused}"


def unlock_by_face_refused(run: DemoRun) -> str:
    """Show the locked face at the terminal and in the app; then unlock it with credentials."""
    actors, enrolment = run.actors, run.enrolment_id
    customer, intent = actors.customer, actors.new_intent()
    at_terminal = refusal_of(lambda: actors.terminal.open_capture(intent.id, ALIAS))
    in_app = refusal_of(lambda: customer.open_enrolment_capture(enrolment))
    unlocked = customer.unlock_face(enrolment, actors.password_and_code())
    return f"{at_terminal}, {in_app}; by password and code: {unlocked.state}"


def face_revoked(run: DemoRun) -> str:
    """Revoke the face with the password, while a capture of a payment is open."""
    actors = run.actors
    intent = actors.new_intent()
    capture = actors.terminal.begin_capture(actors.terminal.open_capture(intent.id, ALIAS))
    run.open_capture = (intent, capture, actors.record(GENUINE, "grace", capture))
    password = Credentials(password=actors.payer.password)
    revoked = actors.customer.revoke_face(run.enrolment_id, password)
    return f"{revoked.state}, key {'destroyed' if revoked.key_destroyed else 'not destroyed'}"


def face_after_revocation_refused(run: DemoRun) -> str:
    """Use the revoked face in the open capture, in its payment, and in a new payment."""
    terminal = run.actors.terminal
    if run.open_capture is None:
        return "no capture was open"
    intent, capture, frames = run.open_capture
    answers = [
        refusal_of(lambda: terminal.send_frames(capture, frames)),
        refusal_of(lambda: terminal.open_capture(intent.id, ALIAS)),
        refusal_of(lambda: terminal.open_capture(run.actors.new_intent().id, ALIAS)),
    ]
    return answers[0] if len(set(answers)) == 1 else "; ".join(answers)


def deletion_receipt_verified(run: DemoRun) -> str:
    """Verify the receipt against the public audit log, as anybody can who has the receipt."""
    actors, enrolment = run.actors, run.enrolment_id
    token, jwks = actors.customer.get_deletion_receipt(enrolment), actors.published.jwks()
    log = fetch_log(actors.published)
    run.kept_checkpoint.verify(log, jwks, expected_issuer=run.environment.url)
    receipt = verify_deletion_receipt(token, jwks, log.leaves, expected_enrolment=enrolment)
    stores = f"{receipt.sealed_references_erased} template, {receipt.keys_destroyed} key"
    return f"verified: {stores}, {receipt.captures_cancelled} capture stopped"
