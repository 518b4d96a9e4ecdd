"""End consents whose date has come; the faces under them end as a withdrawal ends them.

From that instant no use case uses such a face (`require_consent`). The sweep ends the consent, or
the first request that finds it, whichever comes first: one commit under the locks that an approval
takes. The keys are destroyed afterwards, as for every revocation.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain

from facepay.domain.consent import Consent
from facepay.domain.deletion import Cause, Deletion
from facepay.domain.enrolment import Enrolment
from facepay.domain.errors import Conflict, FaceNotAvailable
from facepay.domain.event import EventKind
from facepay.domain.span import Span
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.faces.destroy_keys import destroy_key, destroy_keys_of
from facepay.usecases.faces.enrolments import emit_face, end_enrolment, record_deletion
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.records.outbox import emit

log = logging.getLogger(__name__)

PAGE = 200
CONSENT_ENDED = "the consent has ended"
_TICK = timedelta(microseconds=1)


class ConsentExpired(FaceNotAvailable):
    """A FaceNotAvailable whose consent is still to be ended; clients cannot tell it apart."""

    def __init__(self, consent_id: str, detail: str | None) -> None:
        super().__init__(detail)
        self.consent_id = consent_id


@dataclass(frozen=True, slots=True)
class Swept:
    """Counts of one sweep: consents that it ended, and faces whose keys it destroyed."""

    consents: int
    keys: int


def require_consent(
    deps: Dependencies, uow: UnitOfWork, enrolment: Enrolment, detail: str | None = None
) -> None:
    """Refuse a face whose consent is not active at this moment; `detail` is for its owner only.

    Raises FaceNotAvailable; ConsentExpired, for `ending_expired_consent`, on the first touch after
    the consent's date.
    """
    consent = uow.consents.find(id=enrolment.consent_id)
    now = deps.clock()
    if consent is not None and consent.due(now):
        raise ConsentExpired(consent.id, detail)
    if consent is None or not consent.active(now):
        raise FaceNotAvailable(detail)


@contextmanager
def ending_expired_consent(deps: Dependencies) -> Iterator[None]:
    """Run the block; if it finds an expired consent, end that consent and let the refusal pass."""
    try:
        yield
    except ConsentExpired as found:
        _end_with_keys(deps, found.consent_id)
        raise


def end_expired_consents_of(deps: Dependencies, customer_id: str) -> None:
    """End the customer's consents whose date has come; call it before reading their account."""
    now = deps.clock()
    with deps.unit_of_work() as uow:
        not_ended = uow.consents.find_all(customer_id=customer_id, ended_at=None)
    for consent in not_ended:
        if consent.due(now):
            _end_with_keys(deps, consent.id)


def end_expired_consents(deps: Dependencies) -> Swept:
    """End all consents whose date has come, oldest first and in pages, and return the counts.

    Each consent has its own commit: after an interruption, the next sweep goes on. Several sweeps
    may run at the same time. If the vault fails, `destroy_pending_keys` destroys the keys later.

    Raises StorageUnavailable.
    """
    consents = keys = 0
    while True:
        outcomes = [_end_or_log(deps, consent.id) for consent in _next_due(deps)]
        ended = [faces for faces in outcomes if faces is not None]
        if not ended:  # nothing is due, or another sweep is ahead
            return Swept(consents, keys)
        consents += len(ended)
        keys += destroy_keys_of(deps, [face.id for face in chain.from_iterable(ended)])


def end_faces_under(
    deps: Dependencies, uow: UnitOfWork, consent_id: str, customer_id: str, cause: Cause
) -> list[tuple[Enrolment, Deletion]]:
    """Revoke the enrolments under a consent, and return those that were not revoked before.

    It locks the customer first, so that none begins meanwhile. The caller emits `face.revoked` for
    each, records the deletions and commits.
    """
    uow.customers.lock(customer_id)
    enrolments = uow.enrolments.find_all(
        after_id="", consent_id=consent_id, customer_id=customer_id
    )
    outcomes = [end_enrolment(deps, uow, each.id, cause) for each in enrolments]
    return [(face, deletion) for face, deletion in outcomes if deletion is not None]


def _next_due(deps: Dependencies) -> list[Consent]:
    until_now = Span(end=deps.clock() + _TICK)
    with deps.unit_of_work() as uow:
        return uow.consents.find_all(
            limit=PAGE, oldest_by="expires_at", ended_at=None, expires_at=until_now
        )


def _end_or_log(deps: Dependencies, consent_id: str) -> list[Enrolment] | None:
    """End one consent; one that cannot be ended must not keep the others alive."""
    try:
        return _end(deps, consent_id)
    except Conflict as error:
        log.error("the consent %s cannot be ended: %s", consent_id, error.detail)
        return None


def _end_with_keys(deps: Dependencies, consent_id: str) -> None:
    for face in _end(deps, consent_id) or []:
        destroy_key(deps, face.id)


def _end(deps: Dependencies, consent_id: str) -> list[Enrolment] | None:
    """End the consent in one commit, and return the faces that it ended.

    Returns None if the consent is not due: another request has ended it.
    """
    with deps.unit_of_work() as uow:
        consent = uow.consents.find(id=consent_id)
        if consent is None:
            return None
        customer_id = consent.customer_id
        ended = end_faces_under(deps, uow, consent_id, customer_id, Cause.CONSENT_EXPIRED)
        locked_row = uow.consents.lock(consent_id)
        if locked_row is None or not locked_row.due(deps.clock()):
            return None
        uow.consents.update(replace(locked_row, ended_at=deps.clock()))
        emit(deps, uow, EventKind.CONSENT_EXPIRED, consent=consent_id, customer=customer_id)
        for face, _ in ended:
            emit_face(deps, uow, EventKind.FACE_REVOKED, face)
        append_leaf(deps, uow, "consent.expired", consent=consent_id)
        for _, deletion in ended:
            record_deletion(deps, uow, deletion)
        uow.commit()
    return [face for face, _ in ended]
