"""Start the service, and bring Grace from registration to an enrolled face."""

import hashlib

from facepay_client import Credentials
from facepay_rehearsal.demo.steps import DemoRun


def openbao_ready(run: DemoRun) -> str:
    """Start the service, which starts OpenBao; return the health that OpenBao reports."""
    run.environment.start_service()
    return run.environment.openbao_health()


def service_ready(run: DemoRun) -> str:
    """Ask the service for its health."""
    return str(run.actors.transport().get("/v1/health").get("status"))


def customer_registered(run: DemoRun) -> str:
    """Register everybody; Grace adds an authenticator and confirms it with a code."""
    customer, payer = run.actors.register_all(), run.actors.payer
    factor = customer.add_second_factor("phone", Credentials(payer.password))
    payer.secret = factor.secret or ""
    confirmed = customer.confirm_second_factor(factor.id, run.actors.fresh_code())
    return f"second factor {confirmed.state}"


def consent_granted(run: DemoRun) -> str:
    """Check the hash of the notice, and consent to that notice."""
    notice = run.actors.published.notice()
    if hashlib.sha256(notice.text.encode()).hexdigest() != notice.sha256:
        return "the notice does not match its hash"
    consent = run.actors.customer.grant_consent(notice)
    return "granted" if consent.withdrawn_at is None else "withdrawn"


def face_enrolled(run: DemoRun) -> str:
    """Enrol Grace's face with the camera of her phone."""
    actors = run.actors
    pending = actors.customer.begin_enrolment(actors.password_and_code())
    actors.payer.enrolment = actors.capture_with_phone(pending).enrolment
    return actors.payer.enrolment.state if actors.payer.enrolment else "no enrolment"
