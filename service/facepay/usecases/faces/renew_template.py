"""Renew a template: the same face under another key and another secret, without its owner.

This is for templates or secrets that may have leaked. The enrolment and its id stay, so that the
customer's app notices nothing, and a payment in progress finishes with either template. The order:

    1 take the enrolment's next key number, if the face still exists
    2 create the key of this number; it seals nothing yet
    3 open the template, turn it from the old secret to the new one, seal it under the new key
    4 ONE commit: the new template and key replace the old ones; the old key is retiring
    5 destroy the old key, and then remove its number

A revocation asks the vault for every key that the enrolment can have. One that comes before step 2
may miss the new key, so the renewal destroys it itself; it has sealed nothing that was stored.
`destroy_retiring_keys` destroys the keys, new or old, that a dead worker or a failed vault left
behind. A renewal in progress at that time fails and must be run again. This module sees no faces
and compares nothing.
"""

import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from facepay.domain.enrolment import (
    ENROLLED,
    MOST_KEYS,
    Enrolment,
    EnrolmentState,
    key_name_of,
)
from facepay.domain.errors import (
    Conflict,
    FaceNotAvailable,
    NotFound,
    SealBroken,
    StaleRow,
    VaultUnavailable,
)
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import Dependencies, wiped
from facepay.usecases.faces.end_expired_consents import ending_expired_consent, require_consent
from facepay.usecases.records.audit_log import append_leaf

PAGE = 500
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Renewals:
    """Counts of templates: renewed, changed or revoked meanwhile, and unreadable (`broken`)."""

    renewed: int = 0
    changed: int = 0
    broken: int = 0


def templates_made_before(deps: Dependencies, moment: datetime) -> list[str]:
    """Return the ids of enrolments, locked ones included, whose template is older, in id order."""
    found: list[str] = []
    last = ""
    while True:
        with deps.unit_of_work() as uow:
            page = uow.enrolments.find_all(limit=PAGE, after_id=last, state=ENROLLED)
        if not page:
            return found
        last = page[-1].id
        found += [each.id for each in page if each.template_made_at < moment]


def renew_templates(deps: Dependencies, enrolment_ids: Iterable[str]) -> Renewals:
    """Renew templates one after the other, and return the counts.

    Raises Unavailable; the templates renewed before that stay renewed.
    """
    done = Renewals()
    for enrolment_id in enrolment_ids:
        try:
            renew_template(deps, enrolment_id)
            done = replace(done, renewed=done.renewed + 1)
        except (Conflict, NotFound):
            done = replace(done, changed=done.changed + 1)
        except SealBroken:
            done = replace(done, broken=done.broken + 1)
    return done


def renew_template(deps: Dependencies, enrolment_id: str) -> None:
    """Renew the template of one enrolment; a locked face is renewed as well.

    Raises NotFound; FaceNotAvailable without a face of the present model or without its consent,
    and for one that has used all its keys; StaleRow when the face was revoked or renewed meanwhile;
    SealBroken for an unreadable template; VaultUnavailable.
    """
    destroy_retiring_key(deps, enrolment_id)
    # 1 take the next key number
    with ending_expired_consent(deps):
        numbered, number = _take_next_number(deps, enrolment_id)
    key = key_name_of(enrolment_id, number)
    try:
        # 2 create the key
        deps.templates.create_key(key)
        # 3 open the template and seal it under the new key
        sealed = _reseal_template(deps, numbered, key)
        # 4 one commit
        _replace_template(deps, numbered, number, sealed)
    except SealBroken:
        with deps.unit_of_work() as uow:
            _lock_as_numbered(uow, numbered)  # StaleRow if another change destroyed the key
        raise
    finally:
        # 5 destroy the old key, or the new one after a failure
        destroy_retiring_key(deps, enrolment_id)
        _destroy_unused_key(deps, enrolment_id, number)


def destroy_retiring_key(deps: Dependencies, enrolment_id: str) -> bool:
    """Destroy the key that an enrolled face has besides its own; return whether one was destroyed.

    The key of a renewal is marked as retiring first, so that a renewal still in progress can no
    longer commit. False is also returned when the vault fails: try again later.
    """
    with deps.unit_of_work() as uow:
        locked_row = uow.enrolments.lock(enrolment_id)
        if locked_row is None or locked_row.state is EnrolmentState.REVOKED:
            return False  # a revocation destroys all keys of its enrolment
        number = locked_row.next_key if locked_row.retiring_key is None else locked_row.retiring_key
        if number is None:
            return False
        if number == locked_row.key_number or not 0 <= number < MOST_KEYS:
            log.error("the row of %s names a key to destroy that is in use, or none", enrolment_id)
            return False
        uow.enrolments.update(replace(locked_row, next_key=None, retiring_key=number))
        uow.commit()
    try:
        deps.templates.destroy_key(key_name_of(enrolment_id, number))
    except VaultUnavailable:
        return False
    with deps.unit_of_work() as uow:
        locked_row = uow.enrolments.lock(enrolment_id)
        if locked_row is not None and locked_row.retiring_key == number:
            uow.enrolments.update(replace(locked_row, retiring_key=None))
            uow.commit()
    return True


def destroy_retiring_keys(deps: Dependencies) -> int:
    """Destroy the keys that renewals left behind, and return their number."""
    with deps.unit_of_work() as uow:
        left = uow.enrolments.find_all(having="retiring_key", state=ENROLLED)
        left += uow.enrolments.find_all(having="next_key", state=ENROLLED)
    return sum(destroy_retiring_key(deps, enrolment.id) for enrolment in left)


def _take_next_number(deps: Dependencies, enrolment_id: str) -> tuple[Enrolment, int]:
    """Take the enrolment's next key number; no other renewal gets it, whatever becomes of this."""
    with deps.unit_of_work() as uow:
        locked_row = uow.enrolments.lock(enrolment_id)
        if locked_row is None:
            raise NotFound()
        if not locked_row.enrolled or locked_row.model != deps.engine.model:
            raise FaceNotAvailable()
        require_consent(deps, uow, locked_row)
        if locked_row.next_key is not None or locked_row.retiring_key is not None:
            raise StaleRow("another renewal of this template is in progress")
        if locked_row.keys_made >= MOST_KEYS:
            raise FaceNotAvailable("this face has used all its keys: its owner enrols again")
        number = locked_row.keys_made
        numbered = replace(locked_row, next_key=number, keys_made=number + 1)
        uow.enrolments.update(numbered)
        uow.commit()
    return numbered, number


def _destroy_unused_key(deps: Dependencies, enrolment_id: str, number: int) -> None:
    """Destroy the new key if no row names it: another change came before the key was there."""
    with deps.unit_of_work() as uow:
        now = uow.enrolments.find(id=enrolment_id)
    if now is not None and number == now.key_number:
        return  # it is in use, or the revocation destroys and counts it
    if now is not None and now.enrolled and number in (now.next_key, now.retiring_key):
        return  # the sweep destroys it
    with suppress(VaultUnavailable):
        deps.templates.destroy_key(key_name_of(enrolment_id, number))


def _reseal_template(deps: Dependencies, enrolment: Enrolment, key: str) -> str:
    templates, old_key, sealed = deps.templates, enrolment.key_name, enrolment.sealed_reference
    if sealed is None:
        raise FaceNotAvailable()
    with (
        wiped(templates.unseal(old_key, sealed, binding=enrolment.binding)) as reference,
        wiped(templates.derive_secret(old_key)) as secret,
        wiped(templates.derive_secret(key)) as new_secret,
    ):
        renewed = deps.engine.renewed(reference, secret, new_secret)
    with wiped(renewed):
        return templates.seal(key, renewed, binding=enrolment.binding)


def _replace_template(deps: Dependencies, numbered: Enrolment, number: int, sealed: str) -> None:
    """Replace the template under the lock that a revocation takes, if the row is unchanged."""
    with deps.unit_of_work() as uow:
        locked_row = _lock_as_numbered(uow, numbered)
        renewed = replace(
            locked_row,
            key_number=number,
            next_key=None,
            retiring_key=numbered.key_number,
            sealed_reference=sealed,
            renewed_at=deps.clock(),
        )
        expected = {
            "state": locked_row.state,
            "sealed_reference": numbered.sealed_reference,
            "next_key": number,
        }
        uow.enrolments.update(renewed, **expected)
        append_leaf(deps, uow, "template.renewed", enrolment=numbered.id)
        uow.commit()


def _lock_as_numbered(uow: UnitOfWork, numbered: Enrolment) -> Enrolment:
    """Lock and return the row; only a lock or an unlock may have changed it. Raises StaleRow."""
    locked_row = uow.enrolments.lock(numbered.id)
    if locked_row is None or not locked_row.enrolled:
        raise StaleRow("the face was revoked meanwhile")
    if replace(locked_row, state=numbered.state, epoch=numbered.epoch) != numbered:
        raise StaleRow("the template was renewed meanwhile")
    return locked_row
