"""The device's manifest is checked before any pixel is decoded; each failure consumes the capture.

The rules of the manifest are tested in tests/unit/domain/test_manifest.py. This module tests the
payment or the enrolment whose manifest breaks one.
"""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from facepay.domain.attestation import Health
from facepay.domain.errors import (
    DeviceNotTrusted,
    FacepayError,
    ManifestInvalid,
    VaultUnavailable,
    WrongState,
)
from facepay.domain.manifest import Manifest
from facepay.usecases.responses import CaptureAnswer
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import Customer, Scenario, manifest_for
from tests.fakes.senses import picture

IMAGES = [picture("ada", number) for number in range(6)]
Bend = Callable[[Manifest], Manifest]


@pytest.fixture
def capture(scenario: Scenario, ada: Customer) -> CaptureAnswer:
    return scenario.open_payment(scenario.intent(), "ada")


def logged_reason(fakes: FakeDependencies) -> str:
    with fakes.database() as uow:
        leaf = uow.leaves.find_all(kind="capture.refused")[-1]
        opening = uow.openings.find(seq=leaf.seq)
    assert opening is not None
    return str(json.loads(opening.details)["reason"])


def rooted(manifest: Manifest) -> Manifest:
    return replace(manifest, health=Health(True, None, None))


def repeated(manifest: Manifest) -> Manifest:
    return replace(manifest, frames=manifest.frames[:1] * 6)


@pytest.mark.parametrize(
    ("bend", "kind", "reason"),
    [
        (lambda m: replace(m, nonce="another"), ManifestInvalid, "another_nonce"),
        (rooted, DeviceNotTrusted, "rooted"),
        (repeated, ManifestInvalid, "reordered"),
    ],
    ids=["foreign nonce", "rooted", "records repeated"],
)
def test_an_invalid_manifest_ends_the_capture_before_any_face_is_looked_at(
    scenario: Scenario,
    fakes: FakeDependencies,
    capture: CaptureAnswer,
    bend: Bend,
    kind: type[FacepayError],
    reason: str,
) -> None:
    fakes.journal.events.clear()
    good = manifest_for(capture, IMAGES)
    with pytest.raises(kind):
        scenario.send_manifest(scenario.terminal, bend(good), IMAGES)
    assert logged_reason(fakes) == reason
    assert fakes.journal.count("engine.observe") == 0
    with pytest.raises(WrongState):
        scenario.send_manifest(scenario.terminal, good, IMAGES)


@pytest.mark.parametrize(
    ("kid", "signer", "reason"),
    [
        ("of somebody else", "of somebody else", "foreign_key"),
        ("", "of somebody else", "foreign_signature"),
        ("of somebody else", "", "foreign_key"),
    ],
)
def test_only_the_device_that_opened_a_capture_can_sign_its_manifest(
    scenario: Scenario,
    fakes: FakeDependencies,
    capture: CaptureAnswer,
    kid: str,
    signer: str,
    reason: str,
) -> None:
    good = manifest_for(capture, IMAGES)
    with pytest.raises(ManifestInvalid):
        scenario.send_manifest(scenario.terminal, good, IMAGES, kid=kid, signer=signer)
    assert logged_reason(fakes) == reason
    assert fakes.journal.count("engine.observe") == 0


def test_an_unsigned_manifest_reveals_none_of_its_faults(
    scenario: Scenario, fakes: FakeDependencies, capture: CaptureAnswer
) -> None:
    """Without the signature the service reads neither records nor health nor pictures."""
    bad = rooted(repeated(manifest_for(capture, IMAGES)))
    with pytest.raises(ManifestInvalid):
        scenario.send_manifest(scenario.terminal, bad, IMAGES, signer="of somebody else")
    assert logged_reason(fakes) == "foreign_signature"


def test_a_key_revoked_meanwhile_signs_no_manifest(
    scenario: Scenario, fakes: FakeDependencies, capture: CaptureAnswer
) -> None:
    with fakes.database() as uow:
        client = uow.clients.lock(scenario.terminal.keyid)
        assert client is not None
        uow.clients.update(replace(client, revoked_at=fakes.clock.now))
        uow.commit()
    with pytest.raises(ManifestInvalid):
        scenario.send_manifest(scenario.terminal, manifest_for(capture, IMAGES), IMAGES)
    assert logged_reason(fakes) == "revoked_key"


def test_a_retry_after_an_outage_is_timed_by_the_first_arrival_of_the_burst(
    scenario: Scenario, fakes: FakeDependencies, capture: CaptureAnswer
) -> None:
    """Otherwise a burst too long for its time would fit after a crash, and a good one might not."""
    good = manifest_for(capture, IMAGES)
    late = [replace(each, monotonic_ms=each.monotonic_ms * 3) for each in good.frames]
    stretched = replace(good, frames=tuple(late))
    command = scenario.command(scenario.terminal)
    fakes.journal.fail("attestation.verify", VaultUnavailable())
    with pytest.raises(VaultUnavailable):
        scenario.send_manifest(scenario.terminal, stretched, IMAGES, command)
    fakes.clock.advance(30)
    with pytest.raises(ManifestInvalid) as refusal:
        scenario.send_manifest(scenario.terminal, stretched, IMAGES, command)
    assert refusal.value.reason == "clock_ahead"


def test_an_enrolments_manifest_is_checked_as_well(
    scenario: Scenario, fakes: FakeDependencies
) -> None:
    bob = scenario.register("bob")
    scenario.consent(bob)
    scenario.begin(bob)
    capture = scenario.open_enrolment(bob)
    with pytest.raises(DeviceNotTrusted):
        scenario.send_manifest(bob.caller, rooted(manifest_for(capture, IMAGES)), IMAGES)
    assert fakes.journal.count("engine.reference") == 0
    with fakes.database() as uow:
        enrolment = uow.enrolments.find(id=bob.enrolment_id)
    assert enrolment is not None
    assert (enrolment.state, enrolment.sealed_reference) == ("pending", None)
