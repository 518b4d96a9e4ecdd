"""Copies of an enrolled face, for tests of cohorts."""

from dataclasses import replace

from facepay.domain.enrolment import Enrolment
from tests.support.people import Payer
from tests.support.service import RunningService


def copies(service: RunningService, payer: Payer, size: int, model: str) -> list[Enrolment]:
    """Copy the payer's enrolment, each copy with a key of its own in the real vault."""
    deps, faces = service.deps, []
    with deps.unit_of_work() as uow:
        original = uow.enrolments.find(id=payer.enrolment_id)
    assert original is not None
    for number in range(size):
        name = f"enr_{original.id[4:20]}{number:016x}"
        face = replace(original, id=name, model=model)
        deps.templates.create_key(name)
        with deps.unit_of_work() as uow:
            uow.enrolments.add(face)
            uow.commit()
        faces.append(face)
    return faces
