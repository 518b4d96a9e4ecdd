"""Steps in which Grace locks her face and unlocks it, never by showing it; and her receipt."""

from facepay_client import Credentials, fetch_log, verify_deletion_receipt, verify_log
from facepay_rehearsal.demo.actors import ALIAS
from facepay_rehearsal.demo.steps import Walk, told


def lock_then_refused(walk: Walk) -> str:
    actors, enrolment = walk.actors, walk.enrolment_id
    locked = actors.customer.lock_face(enrolment, Credentials(password=actors.payer.password))
    intent = actors.new_intent()
    return f"{locked.state}, {told(lambda: actors.terminal.open_capture(intent.id, ALIAS))}"


def unlock_by_face_refused(walk: Walk) -> str:
    """A face has two doors, the till's and the app's; then she unlocks it as it is meant."""
    actors, enrolment = walk.actors, walk.enrolment_id
    customer, intent = actors.customer, actors.new_intent()
    at_terminal = told(lambda: actors.terminal.open_capture(intent.id, ALIAS))
    in_app = told(lambda: customer.open_enrolment_capture(enrolment))
    unlocked = customer.unlock_face(
        enrolment, Credentials(actors.payer.password, actors.fresh_code())
    )
    return f"{at_terminal}, {in_app}; by password and code: {unlocked.state}"


def deletion_receipt_verified(walk: Walk) -> str:
    """Against the public log, as anybody could who is shown it."""
    actors, enrolment = walk.actors, walk.enrolment_id
    token, jwks = actors.customer.get_deletion_receipt(enrolment), actors.published.jwks()
    log = fetch_log(actors.published)
    verify_log(log.leaves, log.checkpoint, jwks)
    receipt = verify_deletion_receipt(token, jwks, log.leaves, expected_enrolment=enrolment)
    stores = f"{receipt.sealed_references_erased} template, {receipt.keys_destroyed} key"
    return f"verified: {stores}, {receipt.captures_cancelled} capture stopped"
