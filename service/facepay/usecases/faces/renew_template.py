"""Renew a template: the same face under another key and another secret, without its owner.

This is for templates or secrets that may have leaked. The enrolment and its id stay, so that the
customer's app notices nothing, and a payment in progress finishes with either template. The order:

    1 create the new key; it seals nothing yet
    2 name it in the enrolment's row, if the face still exists
    3 open the template, turn it from the old secret to the new one, seal it under the new key
    4 ONE commit: the new template and key replace the old ones; the old key is retiring
    5 destroy the old key, and then remove its name

The row names a key before the key seals anything, and until it is destroyed. A revocation at any
time therefore finds and destroys every key. `destroy_retiring_keys` destroys the keys, new or old,
that a dead worker or a failed vault left behind. A renewal in progress at that time fails and must
be run again. This module sees no faces and compares nothing.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from facepay.domain.enrolment import ENROLLED, Enrolment, EnrolmentState
from facepay.domain.errors import (
    Conflict,
    FaceNotAvailable,
    NotFound,
    SealBroken,
    StaleRow,
    VaultUnavailable,
)
from facepay.ports import UnitOfWork
from facepay.usecases.dependencies import Dependencies, new_id, wiped
from facepay.usecases.faces.end_expired_consents import ending_expired_consent, require_consent
from facepay.usecases.records.audit_log import append_leaf

PAGE = 500


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

    Raises NotFound; FaceNotAvailable without a face of the present model, or without its consent;
    StaleRow when the face was revoked or renewed meanwhile; SealBroken for an unreadable template;
    VaultUnavailable.
    """
    destroy_retiring_key(deps, enrolment_id)
    # 1 create the new key
    key = new_id("key")
    deps.templates.create_key(key)
    # 2 name it in the enrolment's row
    with ending_expired_consent(deps):
        named = _name_next_key(deps, enrolment_id, key)
    try:
        # 3 open the template and seal it under the new key
        sealed = _reseal_template(deps, named, key)
        # 4 one commit
        _replace_template(deps, named, key, sealed)
    except SealBroken:
        with deps.unit_of_work() as uow:
            _lock_as_named(uow, named)  # StaleRow if the key is gone because of another change
        raise
    finally:
        # 5 destroy the old key, or the new one after a failure
        destroy_retiring_key(deps, enrolment_id)


def destroy_retiring_key(deps: Dependencies, enrolment_id: str) -> bool:
    """Destroy the key that an enrolled face has besides its own; return whether one was destroyed.

    The key of a renewal is marked as retiring first, so that a renewal still in progress can no
    longer commit. False is also returned when the vault fails: try again later.
    """
    with deps.unit_of_work() as uow:
        locked_row = uow.enrolments.lock(enrolment_id)
        if locked_row is None or locked_row.state is EnrolmentState.REVOKED:
            return False  # a revocation destroys all keys of its enrolment
        key = locked_row.retiring_key or locked_row.next_key
        if key is None:
            return False
        uow.enrolments.update(replace(locked_row, next_key=None, retiring_key=key))
        uow.commit()
    try:
        deps.templates.destroy_key(key)
    except VaultUnavailable:
        return False
    with deps.unit_of_work() as uow:
        locked_row = uow.enrolments.lock(enrolment_id)
        if locked_row is not None and locked_row.retiring_key == key:
            uow.enrolments.update(replace(locked_row, retiring_key=None))
            uow.commit()
    return True


def destroy_retiring_keys(deps: Dependencies) -> int:
    """Destroy the keys that renewals left behind, and return their number."""
    with deps.unit_of_work() as uow:
        left = uow.enrolments.find_all(having="retiring_key", state=ENROLLED)
        left += uow.enrolments.find_all(having="next_key", state=ENROLLED)
    return sum(destroy_retiring_key(deps, enrolment.id) for enrolment in left)


def _name_next_key(deps: Dependencies, enrolment_id: str, key: str) -> Enrolment:
    """Name `key` as the enrolment's next key; after a failure, destroy it unused."""
    try:
        with deps.unit_of_work() as uow:
            locked_row = uow.enrolments.lock(enrolment_id)
            if locked_row is None:
                raise NotFound()
            if not locked_row.enrolled or locked_row.model != deps.engine.model:
                raise FaceNotAvailable()
            require_consent(deps, uow, locked_row)
            if locked_row.next_key or locked_row.retiring_key:
                raise StaleRow("another renewal of this template is in progress")
            named = replace(locked_row, next_key=key)
            uow.enrolments.update(named)
            uow.commit()
        return named
    except BaseException:
        with suppress(VaultUnavailable):
            deps.templates.destroy_key(key)
        raise


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


def _replace_template(deps: Dependencies, named: Enrolment, key: str, sealed: str) -> None:
    """Replace the template under the lock that a revocation takes, if the row is unchanged."""
    with deps.unit_of_work() as uow:
        locked_row = _lock_as_named(uow, named)
        renewed = replace(
            locked_row,
            key_name=key,
            next_key=None,
            retiring_key=named.key_name,
            sealed_reference=sealed,
            renewed_at=deps.clock(),
        )
        expected = {
            "state": locked_row.state,
            "sealed_reference": named.sealed_reference,
            "next_key": key,
        }
        uow.enrolments.update(renewed, **expected)
        append_leaf(deps, uow, "template.renewed", enrolment=named.id)
        uow.commit()


def _lock_as_named(uow: UnitOfWork, named: Enrolment) -> Enrolment:
    """Lock and return the row; only a lock or an unlock may have changed it. Raises StaleRow."""
    locked_row = uow.enrolments.lock(named.id)
    if locked_row is None or not locked_row.enrolled:
        raise StaleRow("the face was revoked meanwhile")
    if replace(locked_row, state=named.state, epoch=named.epoch) != named:
        raise StaleRow("the template was renewed meanwhile")
    return locked_row
