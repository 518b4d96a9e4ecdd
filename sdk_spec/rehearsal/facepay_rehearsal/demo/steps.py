"""The walk: every step of the story, over HTTP, each with what must come of it.

A step returns what came, in a few words; a refusal that was not caught is what came, too. Steps
build on one another in the order of `story`. Of the service, only the log's times are looked into.
"""

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from facepay.embedded.children import ChildFailed
from facepay_client import (
    Capture,
    Credentials,
    FacepayError,
    Frame,
    Intent,
    Problem,
    Request,
    VerificationFailed,
    fetch_log,
    fresh_key,
    parse_answer,
    verify_authorization,
    verify_log,
)
from facepay_rehearsal.camera import GENUINE
from facepay_rehearsal.demo.actors import ALIAS, Actors
from facepay_rehearsal.demo.environment import Environment
from facepay_rehearsal.demo.leak_patterns import burst_patterns
from facepay_rehearsal.demo.leak_scan import scan
from facepay_rehearsal.demo.report import StepResult
from facepay_rehearsal.demo.service_times import ServiceLog, ServiceTime


@dataclass(frozen=True)
class Step:
    name: str
    expected: str
    act: Callable[["Walk"], str]


class Walk:
    """One rehearsal; `run` yields the results as they come."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._paid: Intent | None = None
        self._spent: ServiceTime | None = None
        self._left_open: tuple[Intent, Capture, list[Frame]] | None = None
        self.actors = Actors(environment)

    @property
    def clock(self) -> Callable[[], float]:
        """What the service's clock says, in Unix time."""
        return self._environment.clock

    def run(self, steps: Iterable[Step]) -> Iterator[StepResult]:
        for step in steps:
            self._spent, begun = None, time.monotonic()
            try:
                actual = step.act(self)
            except Problem as problem:
                actual = _refusal(problem)
            except (FacepayError, ChildFailed) as error:
                actual = f"failed: {error}"  # their messages carry no secret
            except Exception as error:  # a step that fails is a result, and the walk goes on
                actual = f"failed: {type(error).__name__}"
            yield StepResult(step.name, step.expected, actual, _ms_since(begun), self._spent)

    @property
    def enrolment_id(self) -> str:
        """Grace's; what it is called before there is one finds nothing."""
        enrolment = self.actors.payer.enrolment
        return enrolment.id if enrolment else "none"

    def openbao_ready(self) -> str:
        self._environment.open()
        return self._environment.openbao_health()

    def service_ready(self) -> str:
        return str(self.actors.transport().get("/v1/health").get("status"))

    def customer_registered(self) -> str:
        customer = self.actors.meet()
        payer = self.actors.payer
        factor = customer.add_second_factor("phone", Credentials(payer.password))
        payer.secret = factor.secret or ""
        confirmed = customer.confirm_second_factor(factor.id, self.actors.fresh_code())
        return f"second factor {confirmed.state}"

    def consent_granted(self) -> str:
        notice = self.actors.published.notice()
        if hashlib.sha256(notice.text.encode()).hexdigest() != notice.sha256:
            return "the notice is not what its hash says"
        consent = self.actors.customer.grant_consent(notice)
        return "granted" if consent.withdrawn_at is None else "withdrawn"

    def face_enrolled(self) -> str:
        actors = self.actors
        pending = actors.customer.begin_enrolment(
            Credentials(actors.payer.password, actors.fresh_code())
        )
        actors.payer.enrolment = actors.shown_to_own_device(pending).enrolment
        return actors.payer.enrolment.state if actors.payer.enrolment else "no enrolment"

    def face_payment_approved(self) -> str:
        log = ServiceLog(self._environment.service_log)
        intent = self.actors.seen()
        self._paid = self.actors.terminal.send_code(intent.id, self.actors.fresh_code())
        self._spent = log.face_payment()
        return self._paid.state

    def authorization_verified_offline(self) -> str:
        self.verify(self._paid)
        return "verified"

    def wrong_face_declined(self) -> str:
        intent = self.actors.seen(portrait="eileen")
        return outcome(self.actors.terminal.send_code(intent.id, self.actors.fresh_code()))

    def still_photo_refused(self) -> str:
        return self._shown("print_still")

    def screen_replay_refused(self) -> str:
        """A film of the owner who happens to do just what is asked, on a screen."""
        return self._shown("screen_right_motion")

    def wrong_challenge_refused(self) -> str:
        """The owner, living, in an earlier capture: sent as new, and signed by the till."""
        return self._shown("injected_old")

    def two_faces_refused(self) -> str:
        return self._shown("two_faces")

    def _shown(self, species: str) -> str:
        return f"accepted, {self.actors.seen(species).state}"

    def replayed_request_refused(self) -> str:
        transport = self.actors.terminal_transport
        signed = transport.signed(_new_intent_request(self.actors.next_order(), 990))
        parse_answer(transport.send_once(signed))
        again = parse_answer(transport.send_once(signed))
        return f"accepted, {again['state']}"

    def tampered_amount_refused(self) -> str:
        transport = self.actors.terminal_transport
        honest = _new_intent_request(self.actors.next_order(), 990)
        signed = transport.signed(honest)
        signed.body = honest.content.replace(b"990", b"991")
        try:
            parse_answer(transport.send_once(signed))
            request = "request accepted"
        except Problem as problem:
            request = _refusal(problem)
        return f"{request}; {self._tampered_authorization()}"

    def totp_reuse_refused(self) -> str:
        first, second = self.actors.seen(), self.actors.seen()
        code = self.actors.fresh_code()  # after both faces, so that both codes fall in one step
        paid = self.actors.terminal.send_code(first.id, code)
        if paid.state != "approved":
            return f"the first use was {outcome(paid)}"
        return outcome(self.actors.terminal.send_code(second.id, code))

    def idempotent_retry_same_answer(self) -> str:
        intent, key = self.actors.seen(), fresh_key()
        code, before = self.actors.fresh_code(), self._approvals()
        first = self.actors.terminal.send_code(intent.id, code, idempotency_key=key)
        again = self.actors.terminal.send_code(intent.id, code, idempotency_key=key)
        count = self._approvals() - before
        same = first == again and first.authorization is not None
        return (
            f"{first.state}, {'same' if same else 'another'} answer, approvals in the log: {count}"
        )

    def face_revoked(self) -> str:
        actors = self.actors
        intent = actors.new_intent()
        capture = actors.terminal.begin_capture(actors.terminal.open_capture(intent.id, ALIAS))
        frames = actors.record(GENUINE, "grace", capture)
        self._left_open = (intent, capture, frames)
        revoked = actors.customer.revoke_face(
            self.enrolment_id, Credentials(password=actors.payer.password)
        )
        return f"{revoked.state}, key {'destroyed' if revoked.key_destroyed else 'not destroyed'}"

    def face_after_revocation_refused(self) -> str:
        terminal = self.actors.terminal
        if self._left_open is None:
            return "no capture was open"
        intent, capture, frames = self._left_open
        answers = [
            told(lambda: terminal.send_frames(capture, frames)),
            told(lambda: terminal.open_capture(intent.id, ALIAS)),
            told(lambda: terminal.open_capture(self.actors.new_intent().id, ALIAS)),
        ]
        return answers[0] if len(set(answers)) == 1 else "; ".join(answers)

    def password_payment_approved(self) -> str:
        if self._left_open is None:
            return "no payment was open"
        actors, intent = self.actors, self._left_open[0]
        code = actors.fresh_code()
        paid = actors.terminal.use_password(
            intent.id, ALIAS, Credentials(actors.payer.password, code)
        )
        self.verify(paid)
        return paid.state

    def log_verified(self) -> str:
        published = self.actors.published
        log = fetch_log(published)
        verify_log(
            log.leaves, log.checkpoint, published.jwks(), expected_issuer=self._environment.url
        )
        return "verified"

    def nothing_left_behind(self) -> str:
        taken = self.actors.camera.taken
        patterns = (pattern for shots in taken for pattern in burst_patterns(shots))
        findings = scan(self._environment.directory, patterns)
        return "clean" if not findings else f"{len(findings)} traces, {findings[0].kind} first"

    def verify(self, paid: Intent | None) -> None:
        """Offline, as the acquirer does. Raises VerificationFailed."""
        self._verify(_token(paid), paid)

    def _verify(self, token: str, intent: Intent | None) -> None:
        if intent is None:
            raise VerificationFailed("there is no payment to compare with")
        verify_authorization(
            token,
            jwks=self.actors.published.jwks(),
            expected_issuer=self._environment.url,
            expected_merchant=self.actors.merchant_id,
            expected_amount_minor=intent.amount_minor,
            expected_currency=intent.currency,
            expected_order_ref=intent.order_ref,
            now=self._environment.clock(),
        )

    def _tampered_authorization(self) -> str:
        """One cent more in the signed claims, and the expectation with it: still no."""
        if self._paid is None:
            return "no authorization to tamper with"
        dearer = replace(self._paid, amount_minor=self._paid.amount_minor + 1)
        try:
            self._verify(_one_cent_more(_token(self._paid)), dearer)
        except VerificationFailed:
            return "authorization does not verify"
        return "authorization verifies"

    def _approvals(self) -> int:
        leaves = fetch_log(self.actors.published).leaves
        return sum(leaf.kind == "payment.approved" for leaf in leaves)


def told(act: Callable[[], object]) -> str:
    """The refusal that `act` came to, or that there was none."""
    try:
        act()
    except Problem as problem:
        return _refusal(problem)
    return "accepted"


def _refusal(problem: Problem) -> str:
    return f"{problem.status} {problem.code}"


def outcome(intent: Intent) -> str:
    return f"{intent.state} {intent.reason_class}" if intent.reason_class else intent.state


def _token(intent: Intent | None) -> str:
    if intent is None or intent.authorization is None:
        raise VerificationFailed("there is no authorization")
    return intent.authorization


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


def _ms_since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)
