"""Renew a template: the same face under another key and another secret, without its owner.

For when templates or secrets may have leaked. The enrolment and its id stay, so the customer's
app notices nothing, and a payment under way finishes on either template. In this order:

    1 make the new key; nothing is sealed with it yet
    2 name it in the enrolment's row, if the face is still there
    3 open the template, turn it from the old secret to the new one, seal it under the new key
    4 ONE commit: the new template and key take the place of the old; the old key is retiring
    5 destroy the old key, and only then forget its name

A key is named before it seals anything and until it is gone. So a revocation, whenever it comes,
finds and destroys every key; and what a dead worker or a vault that was away left, new or old,
`destroy_retiring_keys` destroys; a renewal that is under way just then gives way and is to be run
again. It does not look at faces and compares nothing.
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
from facepay.usecases.records.audit_log import append_leaf

PAGE = 500


@dataclass(frozen=True, slots=True)
class Renewals:
    """How many templates were renewed, were gone or changed meanwhile, and do not open."""

    renewed: int = 0
    changed: int = 0
    broken: int = 0


def templates_made_before(deps: Dependencies, moment: datetime) -> list[str]:
    """The enrolments, locked ones too, whose template is older: ids in a lasting order."""
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
    """Renew one after the other. Raises Unavailable; what is done by then stays done."""
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
    """Raises NotFound, FaceNotAvailable without a face of the present model, StaleRow when it
    was revoked or renewed meanwhile, SealBroken, VaultUnavailable. A lock is in nobody's way: what
    may have leaked is renewed whether it can pay just now or not."""
    destroy_retiring_key(deps, enrolment_id)
    key = new_id("key")
    deps.templates.create_key(key)
    named = _named(deps, enrolment_id, key)
    try:
        _replace_template(deps, named, key, _sealed_anew(deps, named, key))
    except SealBroken:
        with deps.unit_of_work() as uow:
            _locked_as_named(uow, named)  # else a key went because somebody else was first
        raise
    finally:
        destroy_retiring_key(deps, enrolment_id)


def destroy_retiring_key(deps: Dependencies, enrolment_id: str) -> bool:
    """Destroy the key that an enrolled face has besides its own; whether one went.

    The key of a renewal is retired first: should it be under way still, it cannot be committed
    any more. False also when the vault is away: then this is to be tried again.
    """
    with deps.unit_of_work() as uow:
        locked_row = uow.enrolments.lock(enrolment_id)
        if locked_row is None or locked_row.state is EnrolmentState.REVOKED:
            return False  # a revocation destroys all of its keys
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
    """Finish what renewals left behind; how many keys went."""
    with deps.unit_of_work() as uow:
        left = uow.enrolments.find_all(having="retiring_key", state=ENROLLED)
        left += uow.enrolments.find_all(having="next_key", state=ENROLLED)
    return sum(destroy_retiring_key(deps, enrolment.id) for enrolment in left)


def _named(deps: Dependencies, enrolment_id: str, key: str) -> Enrolment:
    """The enrolment, with `key` as its next one; or the key is destroyed unused."""
    try:
        with deps.unit_of_work() as uow:
            locked_row = uow.enrolments.lock(enrolment_id)
            if locked_row is None:
                raise NotFound()
            if not locked_row.enrolled or locked_row.model != deps.engine.model:
                raise FaceNotAvailable()
            if locked_row.next_key or locked_row.retiring_key:
                raise StaleRow("another renewal of this template is under way")
            named = replace(locked_row, next_key=key)
            uow.enrolments.update(named)
            uow.commit()
        return named
    except BaseException:
        with suppress(VaultUnavailable):
            deps.templates.destroy_key(key)
        raise


def _sealed_anew(deps: Dependencies, enrolment: Enrolment, key: str) -> str:
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
    """Under the lock a revocation takes, and only where the row is as it was named."""
    with deps.unit_of_work() as uow:
        locked_row = _locked_as_named(uow, named)
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


def _locked_as_named(uow: UnitOfWork, named: Enrolment) -> Enrolment:
    """The row, held; it may have been locked or unlocked meanwhile, and nothing else."""
    locked_row = uow.enrolments.lock(named.id)
    if locked_row is None or not locked_row.enrolled:
        raise StaleRow("the face was revoked meanwhile")
    if replace(locked_row, state=named.state, epoch=named.epoch) != named:
        raise StaleRow("the template was renewed meanwhile")
    return locked_row
