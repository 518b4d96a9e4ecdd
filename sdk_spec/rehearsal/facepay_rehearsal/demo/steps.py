"""One run of the demo: it runs the steps in order and records what each one returned.

A step is a function that acts over HTTP and returns its result in a few words. A refusal that it
does not catch is a result too. Steps depend on the steps before them, in the order of `story`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from facepay.embedded.children import ChildFailed
from facepay_client import (
    Capture,
    FacepayError,
    Frame,
    Intent,
    KeptCheckpoint,
    Problem,
    VerificationFailed,
    verify_authorization,
)
from facepay_rehearsal.demo.actors import Actors
from facepay_rehearsal.demo.environment import Environment
from facepay_rehearsal.demo.report import StepResult
from facepay_rehearsal.demo.service_times import ServiceTime


@dataclass(frozen=True)
class Step:
    """A step of the demo. `name` is its name in the report, `title` a sentence for people."""

    name: str
    title: str
    expected: str
    act: Callable[["DemoRun"], str]


class DemoRun:
    """One run of the demo, and what its steps share.

    - `paid` is the first payment that was approved by face.
    - `open_capture` is a payment whose capture is open when the face is revoked.
    - `service_time` is what the service's log says about the step that is running.
    """

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.actors = Actors(environment)
        self.paid: Intent | None = None
        self.open_capture: tuple[Intent, Capture, list[Frame]] | None = None
        self.service_time: ServiceTime | None = None

    @property
    def clock(self) -> Callable[[], float]:
        """The service's clock, in Unix time."""
        return self.environment.clock

    @property
    def kept_checkpoint(self) -> KeptCheckpoint:
        """The last checkpoint of the audit log that a step of this demo has verified."""
        return KeptCheckpoint(self.environment.directory / "checkpoint.json")

    @property
    def enrolment_id(self) -> str:
        """The id of Grace's enrolment; "none" before she has one."""
        enrolment = self.actors.payer.enrolment
        return enrolment.id if enrolment else "none"

    def run_step(self, step: Step) -> StepResult:
        """Run one step. An error is its result, so that the next step can run."""
        self.service_time, begun = None, time.monotonic()
        try:
            actual = step.act(self)
        except Problem as problem:
            actual = describe_problem(problem)
        except (FacepayError, ChildFailed) as error:
            actual = f"failed: {error}"  # these messages carry no secret
        except Exception as error:  # the message of any other error could carry one
            actual = f"failed: {type(error).__name__}"
        ms = round((time.monotonic() - begun) * 1000)
        return StepResult(step.name, step.expected, actual, ms, self.service_time)

    def verify(self, paid: Intent | None) -> None:
        """Verify a payment's authorization offline, as an acquirer does.

        Raises VerificationFailed.
        """
        self.verify_token(token_of(paid), paid)

    def verify_token(self, token: str, intent: Intent | None) -> None:
        """Verify `token` as the authorization of `intent`. Raises VerificationFailed."""
        if intent is None:
            raise VerificationFailed("there is no payment to compare with")
        verify_authorization(
            token,
            jwks=self.actors.published.jwks(),
            expected_issuer=self.environment.url,
            expected_merchant=self.actors.merchant_id,
            expected_amount_minor=intent.amount_minor,
            expected_currency=intent.currency,
            expected_order_ref=intent.order_ref,
            now=self.clock(),
        )


def refusal_of(request: Callable[[], object]) -> str:
    """Send a request; return its refusal in a few words, or "accepted"."""
    try:
        request()
    except Problem as problem:
        return describe_problem(problem)
    return "accepted"


def describe_problem(problem: Problem) -> str:
    """Return status and code, as in "409 wrong_state"."""
    return f"{problem.status} {problem.code}"


def describe_outcome(intent: Intent) -> str:
    """Return the state, and the reason class of a refusal."""
    return f"{intent.state} {intent.reason_class}" if intent.reason_class else intent.state


def token_of(intent: Intent | None) -> str:
    """Return the authorization of a payment. Raises VerificationFailed without one."""
    if intent is None or intent.authorization is None:
        raise VerificationFailed("there is no authorization")
    return intent.authorization
