"""Take the face back: at once, by any one proof, for good.

The row is marked under the same lock an approval is written under, so once this has answered no
approval by this face can follow, on any worker. Then the enrolment's keys, that of a renewal under
way too, are destroyed in the vault: every copy of the template, backups included, is dead. Should
the vault be away, the revocation holds all the same, and `destroy_pending_keys` does it later.
"""

from dataclasses import replace
from datetime import datetime

from facepay.domain.capture import CaptureState
from facepay.domain.deletion import Cause, Deletion
from facepay.domain.enrolment import Enrolment, EnrolmentState
from facepay.domain.errors import NotFound, VaultUnavailable
from facepay.domain.event import EventKind
from facepay.domain.page_session import PageSession
from facepay.domain.payment import IntentState
from facepay.ports import UnitOfWork
from facepay.usecases.answers import EnrolmentAnswer, rfc3339
from facepay.usecases.events import emit
from facepay.usecases.house import House
from facepay.usecases.log import append_leaf
from facepay.usecases.once import Caller, Change, Claim, once
from facepay.usecases.prove import Needs, Proof, Proven, channel_of, prove
from facepay.usecases.sign_in import proven_by_session

LISTED = 50
_FACE_UNDER_WAY = frozenset({IntentState.CAPTURING, IntentState.AWAITING_SECOND_FACTOR})


def revoke_face(
    house: House, change: Change, enrolment_id: str, proof: Proof | PageSession
) -> EnrolmentAnswer:
    """Any one proof will do, and being signed in on the page, which takes two.

    Raises ProofRejected, or NotFound for an enrolment that is not the caller's.
    """

    def act(claim: Claim) -> EnrolmentAnswer:
        proven = prove_owner(
            house, change, enrolment_id, proof, Needs.ANY_ONE, at=claim.received_at
        )
        with house.unit_of_work() as uow:
            revoked, deletion = end_enrolment(house, uow, enrolment_id, Cause.CUSTOMER)
            proven.settle(uow)  # leaving is never refused because a code was used meanwhile
            answer = enrolment_answer(revoked)
            claim.answer(uow, answer)
            if deletion is not None:
                emit_face(house, uow, EventKind.FACE_REVOKED, revoked)
                write_down(house, uow, deletion)
            uow.commit()
        return answer

    answer = once(house, change, EnrolmentAnswer, act)
    destroyed = destroy_key(house, enrolment_id)
    return replace(answer, key_destroyed=answer.key_destroyed or destroyed)


def prove_owner(
    house: House,
    change: Change,
    enrolment_id: str,
    proof: Proof | PageSession,
    needs: Needs,
    *,
    at: datetime | None = None,
) -> Proven:
    """That the caller's own enrolment is meant, and the caller is who enrolled it.

    Raises NotFound, ProofRejected.
    """
    with house.unit_of_work() as uow:
        customer = uow.customers.find(id=change.caller.subject_id)
        if customer is None or not uow.enrolments.find(id=enrolment_id, customer_id=customer.id):
            raise NotFound()
    if isinstance(proof, PageSession):
        return proven_by_session(house, change, needs)
    channel = channel_of(change.caller)
    return prove(house, customer, proof, needs, confirms=change.claims, at=at, channel=channel)


def end_enrolment(
    house: House, uow: UnitOfWork, enrolment_id: str, cause: Cause
) -> tuple[Enrolment, Deletion | None]:
    """Revoke under the row's lock and stop everything under way with this face.

    Returns the revoked enrolment and, when it was this call that ended it, what is to be written
    down of it: call `write_down` before the commit.
    """
    enrolment = uow.enrolments.lock(enrolment_id)
    if enrolment is None:
        raise NotFound()
    if enrolment.state is EnrolmentState.REVOKED:
        return enrolment, None
    revoked = replace(
        enrolment,
        state=EnrolmentState.REVOKED,
        epoch=enrolment.epoch + 1,
        sealed_reference=None,
        revoked_at=house.clock(),
    )
    uow.enrolments.update(revoked)
    captures, intents = stop_what_is_under_way(uow, enrolment_id)
    erased = int(enrolment.sealed_reference is not None)
    return revoked, Deletion(enrolment_id, cause, erased, captures, intents)


def write_down(
    house: House, uow: UnitOfWork, deletion: Deletion, kind: str = "face.revoked"
) -> None:
    """The leaf, and the row that points to it. Call last: it locks the log's head."""
    leaf = append_leaf(house, uow, kind, enrolment=deletion.id)
    uow.deletions.add(replace(deletion, revoked_leaf=leaf.seq))


def stop_what_is_under_way(uow: UnitOfWork, enrolment_id: str) -> tuple[int, int]:
    """A statement for each state, however much a hostile till has left lying about.

    Returns how many captures were cancelled, and how many payment intents stopped.
    """
    stopped = sum(
        uow.intents.update_all(
            {"state": IntentState.REVOKED.value}, enrolment_id=enrolment_id, state=state.value
        )
        for state in sorted(_FACE_UNDER_WAY)
    )
    # In this order: one that is begun meanwhile is met in its second state.
    cancelled = sum(
        uow.captures.update_all(
            {"state": CaptureState.CANCELLED.value}, enrolment_id=enrolment_id, state=state.value
        )
        for state in (CaptureState.RESERVED, CaptureState.OPEN)
    )
    return cancelled, stopped


def destroy_key(house: House, enrolment_id: str) -> bool:
    """Destroy every key of a revoked enrolment; False when the vault is away."""
    with house.unit_of_work() as uow:
        enrolment = uow.enrolments.find(id=enrolment_id)
    if enrolment is None or enrolment.state is not EnrolmentState.REVOKED:
        return False
    if enrolment.key_destroyed_at is not None:
        return True
    try:
        for key in enrolment.keys:
            house.templates.destroy_key(key)
    except VaultUnavailable:
        return False
    with house.unit_of_work() as uow:
        held = uow.enrolments.lock(enrolment_id)
        if held is not None and held.key_destroyed_at is None:
            uow.enrolments.update(replace(held, key_destroyed_at=house.clock()))
            emit_face(house, uow, EventKind.FACE_KEY_DESTROYED, held)
            leaf = append_leaf(house, uow, "face.key_destroyed", enrolment=enrolment_id)
            deletion = uow.deletions.find(id=enrolment_id)
            if deletion is not None:  # none was kept in the first days
                gone = len(enrolment.keys)
                uow.deletions.update(
                    replace(deletion, keys_destroyed=gone, destroyed_leaf=leaf.seq)
                )
            uow.commit()
    return True


def destroy_pending_keys(house: House) -> int:
    """Finish what a revocation could not while the vault was away; how many keys went."""
    with house.unit_of_work() as uow:
        pending = uow.enrolments.find_all(state=EnrolmentState.REVOKED.value, key_destroyed_at=None)
    return sum(destroy_key(house, enrolment.id) for enrolment in pending)


def emit_face(house: House, uow: UnitOfWork, kind: EventKind, enrolment: Enrolment) -> None:
    """What became of a face, for the bank."""
    emit(house, uow, kind, enrolment=enrolment.id, customer=enrolment.customer_id)


def list_enrolments(house: House, caller: Caller) -> list[EnrolmentAnswer]:
    """The caller's own, the newest first: an app that lost its memory finds its face."""
    with house.unit_of_work() as uow:
        found = uow.enrolments.find_all(customer_id=caller.subject_id)
    found.sort(key=lambda each: each.created_at, reverse=True)
    return [enrolment_answer(each) for each in found[:LISTED]]


def enrolment_answer(enrolment: Enrolment) -> EnrolmentAnswer:
    revoked = enrolment.revoked_at
    return EnrolmentAnswer(
        id=enrolment.id,
        state=enrolment.state,
        created_at=rfc3339(enrolment.created_at),
        revoked_at=rfc3339(revoked) if revoked else None,
        key_destroyed=enrolment.key_destroyed_at is not None,
    )
