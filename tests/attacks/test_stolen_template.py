"""A thief with a template and the database gets nothing without the key or after a revocation.

The faces are judged by the real engine; the keys are in a real OpenBao.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import insert, select
from sqlmodel import SQLModel

from facepay.adapters.unit_of_work import Database
from facepay.domain.capture import Burst, Frame
from facepay.domain.enrolment import Enrolment, key_names_of
from facepay.domain.errors import SealBroken
from facepay.face.model_store import ModelStore
from facepay.face.observe import Observation
from facepay.face.recognition import recognise
from facepay.face.recognition import template_protection as protection
from facepay.ports import ObservedFaces
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.faces.renew_template import renew_template
from facepay_client import Credentials
from facepay_rehearsal import bursts
from tests.support.people import PASSWORD, Payer, PointOfSale, Scenario
from tests.support.renders import rendered

KEYS = 150


@pytest.fixture
def deps(scenario: Scenario) -> Dependencies:
    return scenario.service.deps


@pytest.fixture
def face(deps: Dependencies) -> Iterator[ObservedFaces]:
    """Observe Grace as she shows herself at a terminal."""
    seen = deps.engine.observe(shown("grace", 8))
    yield seen
    seen.wipe()


def shown(name: str, seed: int) -> Burst:
    shots = rendered(bursts.genuine, name, ("turn_left", "turn_right"), seed)
    frames = tuple(Frame(shot.jpeg, shot.step, shot.monotonic_ms) for shot in shots)
    return Burst(frames, mirrored=False)


def row(deps: Dependencies, payer: Payer) -> Enrolment:
    with deps.unit_of_work() as uow:
        found = uow.enrolments.find(id=payer.enrolment_id)
    assert found is not None
    return found


def opened(deps: Dependencies, enrolment: Enrolment, key: str | None = None) -> bytearray:
    assert enrolment.sealed_reference is not None
    return deps.templates.unseal(
        key or enrolment.key_name, enrolment.sealed_reference, binding=enrolment.binding
    )


def plain(faces: ObservedFaces) -> protection.Vector:
    assert isinstance(faces, Observation)
    return recognise.reference(faces, ModelStore().embedder())


def test_a_renewed_enrolment_does_not_match_the_old_template(
    scenario: Scenario, pos: PointOfSale, deps: Dependencies, face: ObservedFaces
) -> None:
    payer = scenario.payer(face="grace")
    before = row(deps, payer)
    stolen, secret = opened(deps, before), deps.templates.derive_secret(before.key_name)
    limit = deps.face_distance_at_most
    assert deps.engine.distance(face, stolen, secret) <= limit, "it was hers"

    renew_template(deps, payer.enrolment_id)

    after = row(deps, payer)
    new_secret = deps.templates.derive_secret(after.key_name)
    assert deps.engine.distance(face, stolen, new_secret) > 1
    assert deps.engine.distance(face, opened(deps, after), secret) > 1
    with pytest.raises(SealBroken):
        opened(deps, before)
    with pytest.raises(SealBroken):
        deps.templates.derive_secret(before.key_name)
    with pytest.raises(SealBroken):
        opened(deps, before, after.key_name)
    intent = pos.intent()
    scenario.show_face(pos, intent, payer, "grace")
    assert pos.terminal.send_code(intent.id, payer.code()).state == "approved"


def test_a_template_under_another_enrolments_key_matches_nobody(
    scenario: Scenario, deps: Dependencies, face: ObservedFaces
) -> None:
    one, other = row(deps, scenario.payer(face="grace")), row(deps, scenario.payer(face="grace"))
    templates = [opened(deps, each) for each in (one, other)]
    secrets = [deps.templates.derive_secret(each.key_name) for each in (one, other)]
    limit = deps.face_distance_at_most
    for template, own, foreign in zip(templates, secrets, reversed(secrets), strict=True):
        assert deps.engine.distance(face, template, own) <= limit
        assert deps.engine.distance(face, template, foreign) > 1
    assert np.linalg.norm(protection.parse(templates[0]) - protection.parse(templates[1])) > 1


def test_a_stolen_template_without_the_key_reveals_nobody(
    deps: Dependencies, face: ObservedFaces
) -> None:
    """A template without its key links to no photo and to no other template of the same person."""
    stranger = deps.engine.observe(shown("eileen", 8))
    grace, eileen = plain(face), plain(stranger)
    stranger.wipe()
    draw = np.random.default_rng(11)
    hers, theirs, linked, unlinked, guesses = [], [], [], [], 0
    for _ in range(KEYS):
        one, two, three = (
            protection.parse(protection.protect(each, draw.bytes(32)))
            for each in (grace, grace, eileen)
        )
        hers.append(np.linalg.norm(one - grace))
        theirs.append(np.linalg.norm(one - eileen))
        linked.append(np.linalg.norm(one - two))
        unlinked.append(np.linalg.norm(one - three))
        guesses += hers[-1] < theirs[-1]
    # Distances of independent directions: sqrt(2) in the mean, 1/sqrt(2 * 128) about it. Bounds
    # are four standard errors.
    error = 4 * np.sqrt(2 / KEYS) / np.sqrt(2 * 128)
    for distances in (hers, theirs, linked, unlinked):
        assert abs(np.mean(distances) - np.sqrt(2)) < error
        assert min(distances) > 1
    assert abs(np.mean(hers) - np.mean(theirs)) < error
    assert abs(np.mean(linked) - np.mean(unlinked)) < error
    assert abs(guesses - KEYS / 2) < 4 * np.sqrt(KEYS) / 2


def test_after_revocation_a_restored_backup_of_the_database_decrypts_nothing(
    scenario: Scenario, deps: Dependencies, database: Database
) -> None:
    """Restore every earlier row in a database of its own, in front of the vault as it is now."""
    payer = scenario.payer(face="grace")
    renewed = scenario.payer(face="grace")
    assert isinstance(deps.unit_of_work, Database)
    copy_rows(deps.unit_of_work, database)
    restored = replace(deps, unit_of_work=database)
    assert opened(restored, row(restored, payer)), "the backup is whole"

    payer.customer.revoke_face(payer.enrolment_id, Credentials(password=PASSWORD))
    renew_template(deps, renewed.enrolment_id)

    for enrolment in (row(restored, payer), row(restored, renewed)):
        assert enrolment.state == "active"
        with pytest.raises(SealBroken):
            restored.templates.derive_secret(enrolment.key_name)
        for key in key_names_of(enrolment.id):
            with pytest.raises(SealBroken):
                opened(restored, enrolment, key)
        with pytest.raises(SealBroken):
            renew_template(restored, enrolment.id)
        assert opened_by_no_other_key(deps, enrolment, [row(deps, renewed).key_name])


def opened_by_no_other_key(deps: Dependencies, enrolment: Enrolment, keys: list[str]) -> bool:
    for key in keys:
        with pytest.raises(SealBroken):
            opened(deps, enrolment, key)
    return True


def copy_rows(source: Database, target: Database) -> None:
    with source.engine.connect() as reading, target.engine.begin() as writing:
        for table in SQLModel.metadata.sorted_tables:
            rows = [dict(each._mapping) for each in reading.execute(select(table))]
            if rows:
                writing.execute(insert(table), rows)
