"""Grant consent to pay by face, for the notice that the customer has read."""

import hmac
from datetime import datetime

from facepay.domain.consent import Consent, ConsentPurpose
from facepay.domain.errors import InvalidRequest, WrongState
from facepay.domain.event import EventKind
from facepay.usecases.dependencies import Dependencies, new_id
from facepay.usecases.faces.end_expired_consents import end_expired_consents_of
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.records.outbox import emit
from facepay.usecases.request import Command
from facepay.usecases.responses import ConsentAnswer, rfc3339


def grant_consent(
    deps: Dependencies,
    command: Command,
    *,
    purpose: ConsentPurpose,
    notice_version: str,
    notice_sha256: str,
    expires_at: datetime | None,
) -> ConsentAnswer:
    """Grant a separate consent (PIPL art. 29) for one purpose and one notice, which always expires.

    `expires_at` None means the longest time that the policy allows. A face under an earlier consent
    whose date has come ends first.

    Raises InvalidRequest for a notice that is not in force, or an expiry in the past or too late;
    WrongState while a consent is active.
    """

    def act(lease: Lease) -> ConsentAnswer:
        now = deps.clock()
        _require_current_notice(deps, notice_version, notice_sha256)
        ends = _expiry(deps, expires_at, now)
        customer_id = command.caller.subject_id
        end_expired_consents_of(deps, customer_id)
        consent = Consent(
            new_id("con"), customer_id, purpose, notice_version, notice_sha256, now, ends, None
        )
        with deps.unit_of_work() as uow:
            uow.customers.lock(customer_id)  # so that concurrent grants make only one consent
            if any(known.active(now) for known in uow.consents.find_all(customer_id=customer_id)):
                raise WrongState("a consent for this purpose is active already")
            uow.consents.add(consent)
            answer = consent_answer(consent)
            lease.answer(uow, answer)
            emit(
                deps,
                uow,
                EventKind.CONSENT_GRANTED,
                consent=consent.id,
                customer=customer_id,
            )
            append_leaf(deps, uow, "consent.granted", consent=consent.id, customer=customer_id)
            uow.commit()
        return answer

    return run_idempotent(deps, command, ConsentAnswer, act)


def consent_answer(consent: Consent) -> ConsentAnswer:
    withdrawn = consent.withdrawn_at
    return ConsentAnswer(
        id=consent.id,
        purpose=consent.purpose,
        notice_version=consent.notice_version,
        notice_sha256=consent.notice_sha256,
        granted_at=rfc3339(consent.granted_at),
        expires_at=rfc3339(consent.expires_at),
        withdrawn_at=rfc3339(withdrawn) if withdrawn else None,
    )


def _require_current_notice(deps: Dependencies, version: str, sha256: str) -> None:
    notice = deps.policy.notice
    if version != notice.version:
        raise InvalidRequest("another notice is in force: read it first", param="notice_version")
    if not hmac.compare_digest(sha256.lower().encode(), notice.sha256.encode()):
        raise InvalidRequest("the hash does not fit the notice", param="notice_sha256")


def _expiry(deps: Dependencies, requested: datetime | None, now: datetime) -> datetime:
    latest = now + deps.policy.consent_lifetime
    if requested is None:
        return latest
    if not now < requested <= latest:
        raise InvalidRequest(
            f"choose an expiry after now and until {rfc3339(latest)}", param="expires_at"
        )
    return requested
