"""Compare the faces of a burst with one enrolment's reference: step 4 of a payment.

What is opened for it, the template and the secret that protects it, is overwritten before this
returns. It tells near from far and keeps the distance to itself.
"""

from facepay.domain.enrolment import Enrolment
from facepay.domain.errors import FaceNotAvailable, SealBroken
from facepay.ports import ObservedFaces
from facepay.usecases.dependencies import Dependencies, wiped
from facepay.usecases.stage_timing import timed_stage


def matches_reference(deps: Dependencies, faces: ObservedFaces, enrolment: Enrolment) -> bool:
    """Whether the faces are near the reference.

    `enrolment` was read before the frames were looked at. Should its template have been renewed
    since, and its key be gone, the new one is compared: the payer never notices. Raises
    FaceNotAvailable for a reference of another model, SealBroken, VaultUnavailable.
    """
    try:
        return _near(deps, faces, enrolment)
    except SealBroken:
        with deps.unit_of_work() as uow:
            now = uow.enrolments.find(id=enrolment.id)
        if now is None or now.key_name == enrolment.key_name:
            raise
    return _near(deps, faces, now)


def _near(deps: Dependencies, faces: ObservedFaces, enrolment: Enrolment) -> bool:
    sealed, key = enrolment.sealed_reference, enrolment.key_name
    if sealed is None or enrolment.model != deps.engine.model:
        raise FaceNotAvailable()
    with timed_stage("unseal"):
        reference = deps.templates.unseal(key, sealed, binding=enrolment.binding)
    with wiped(reference):
        with timed_stage("derive"):
            secret = deps.templates.derive_secret(key)
        with wiped(secret), timed_stage("compare"):
            distance = deps.engine.distance(faces, reference, secret)
    return distance <= deps.face_distance_at_most
