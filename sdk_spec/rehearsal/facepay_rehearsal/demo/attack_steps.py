"""Attack the capture with prints, screens and recordings, and the requests with forgeries."""

import base64
import json
from dataclasses import replace

from facepay_client import Problem, Request, VerificationFailed, fresh_key, parse_answer
from facepay_rehearsal.demo.steps import DemoRun, describe_problem, token_of


def still_photo_refused(run: DemoRun) -> str:
    """Hold a printed photograph of Grace before the camera."""
    return _present(run, "print_still")


def screen_replay_refused(run: DemoRun) -> str:
    """Play a film in which Grace happens to follow the right steps, on a screen."""
    return _present(run, "screen_right_motion")


def wrong_challenge_refused(run: DemoRun) -> str:
    """Inject an earlier capture of Grace, with a manifest that the terminal signed for this one."""
    return _present(run, "injected_old")


def two_faces_refused(run: DemoRun) -> str:
    """Let somebody else look into the camera beside Grace."""
    return _present(run, "two_faces")


def replayed_request_refused(run: DemoRun) -> str:
    """Send the same signed bytes twice."""
    transport = run.actors.terminal_transport
    signed = transport.signed(_new_intent_request(run.actors.next_order(), 990))
    parse_answer(transport.send_once(signed))
    again = parse_answer(transport.send_once(signed))
    return f"accepted, {again['state']}"


def tampered_amount_refused(run: DemoRun) -> str:
    """Change the amount of a signed request, and the amount of a signed authorization."""
    transport = run.actors.terminal_transport
    genuine = _new_intent_request(run.actors.next_order(), 990)
    signed = transport.signed(genuine)
    signed.body = genuine.content.replace(b"990", b"991")
    try:
        parse_answer(transport.send_once(signed))
        request = "request accepted"
    except Problem as problem:
        request = describe_problem(problem)
    return f"{request}; {_verify_tampered_authorization(run)}"


def _present(run: DemoRun, species: str) -> str:
    return f"accepted, {run.actors.pay_until_code(species).state}"


def _verify_tampered_authorization(run: DemoRun) -> str:
    """Add one cent to the signed claims and to the expected amount; verify that."""
    if run.paid is None:
        return "no authorization to tamper with"
    dearer = replace(run.paid, amount_minor=run.paid.amount_minor + 1)
    try:
        run.verify_token(_one_cent_more(token_of(run.paid)), dearer)
    except VerificationFailed:
        return "authorization does not verify"
    return "authorization verifies"


def _one_cent_more(token: str) -> str:
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["amount_minor"] += 1
    text = json.dumps(claims, separators=(",", ":")).encode()
    return f"{header}.{base64.urlsafe_b64encode(text).decode().rstrip('=')}.{signature}"


def _new_intent_request(order_ref: str, amount_minor: int) -> Request:
    body = {"amount_minor": amount_minor, "currency": "EUR", "order_ref": order_ref}
    content = json.dumps(body).encode()
    return Request("POST", "/v1/payment_intents", content, idempotency_key=fresh_key())
