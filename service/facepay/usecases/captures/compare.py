"""Compare the face of a burst with one enrolment's reference: step 4 of a payment.

The opened template and its secret are overwritten before the function returns. The result is match
or no match; the distance stays inside.
"""

from facepay.domain.enrolment import Enrolment
from facepay.domain.errors import FaceNotAvailable, SealBroken
from facepay.ports import ObservedFaces
from facepay.usecases.dependencies import Dependencies, wiped
from facepay.usecases.stage_timing import timed_stage


def matches_reference(deps: Dependencies, faces: ObservedFaces, enrolment: Enrolment) -> bool:
    """Return whether the face matches the reference: its distance is at most the threshold.

    `enrolment` was read before the frames were judged. If its template was renewed since then and
    the old key is destroyed, the new template is compared.

    Raises FaceNotAvailable for a reference of another model; SealBroken, VaultUnavailable, and the
    errors of `FaceEngine.distance`.
    """
    try:
        return _matches(deps, faces, enrolment)
    except SealBroken:
        with deps.unit_of_work() as uow:
            now = uow.enrolments.find(id=enrolment.id)
        if now is None or now.key_number == enrolment.key_number:
            raise
    return _matches(deps, faces, now)


def _matches(deps: Dependencies, faces: ObservedFaces, enrolment: Enrolment) -> bool:
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
