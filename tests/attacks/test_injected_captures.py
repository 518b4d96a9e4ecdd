"""Frames that no camera has just taken: each way to inject some is refused by the manifest check.

The attacker here holds the till's network and its software, and, where a test says so, the till's
key. Every refusal is 422 over HTTP, spends the capture, leaves its reason in the operator's log and
nothing else anywhere: no frame is looked at, so no verdict can be stored.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from facepay_client import Credentials, Device, Health, KeyPair, Problem, Terminal
from facepay_client.device import Evidence
from tests.support.forgery import told
from tests.support.injection import INVALID, Scene, logged
from tests.support.manifests import chained, manifest_of, send_manifest, signed
from tests.support.people import PASSWORD, Payer, PointOfSale, Scenario, genuine

UNTRUSTED = (422, "device_not_trusted")


@pytest.fixture
def scene(scenario: Scenario, pos: PointOfSale, grace: Payer) -> Iterator[Scene]:
    made = Scene(scenario, pos, grace)
    yield made
    code = made.payer.code()
    paid = pos.terminal.use_password(made.intent.id, made.payer.alias, Credentials(PASSWORD, code))
    assert paid.state == "approved", "and the payment goes on by password"


def test_the_honest_burst_of_these_scenes_is_accepted(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    """Else the refusals below would prove nothing."""
    scene = Scene(scenario, pos, grace)
    assert scene.inject(scene.honest()).json()["outcome"] == "accepted"


def test_identical_bytes(scene: Scene) -> None:
    """A still as a video: one picture, sent for several frames."""
    still = scene.frames[0].image
    frames = [replace(each, image=still) for each in scene.frames]
    jws = signed(manifest_of(scene.capture, frames), scene.key)
    scene.refused(scene.inject(jws, frames), "identical_frames")


def test_one_frame_twice(scene: Scene) -> None:
    frames = list(scene.frames)
    frames[9] = replace(frames[9], image=frames[8].image)
    jws = signed(manifest_of(scene.capture, frames), scene.key)
    scene.refused(scene.inject(jws, frames), "identical_frames")


def test_old_capture_replayed(scene: Scene) -> None:
    """Yesterday's burst, with its own manifest as it was signed then."""
    yesterday = Scene(scene.scenario, scene.pos, scene.payer)
    jws = yesterday.honest()
    assert yesterday.inject(jws).status_code == 200
    scene.scenario.service.clock.advance(24 * 3600)
    again = Scene(scene.scenario, scene.pos, scene.payer)
    again.refused(again.inject(jws, yesterday.frames), "another_capture")
    scene.intent = scene.pos.intent()


def test_old_frames_signed_anew(scene: Scene) -> None:
    """The till's key in the attacker's hands, and a good recording of another challenge."""
    old = Scene(scene.scenario, scene.pos, scene.payer)
    while old.capture.challenge.light == scene.capture.challenge.light:
        old = Scene(scene.scenario, scene.pos, scene.payer)
    manifest = manifest_of(old.capture, old.frames)
    manifest |= {"capture_id": scene.capture.id, "nonce": scene.capture.nonce}
    answer = scene.inject(signed(manifest, scene.key), old.frames)
    scene.refused(answer, "wrong_colour")


def test_edited_frame(scene: Scene) -> None:
    """The pictures are exchanged behind the manifest, on their way."""
    jws = scene.honest()
    frames = list(scene.frames)
    image = frames[5].image
    frames[5] = replace(frames[5], image=image[:-2] + b"\x00" + image[-2:])
    scene.refused(scene.inject(jws, frames), "edited_frame")


def test_frame_of_somebody_else(scene: Scene) -> None:
    jws = scene.honest()
    frames = list(scene.frames)
    frames[7] = replace(frames[7], image=genuine("eileen", scene.capture.challenge, 2)[7].image)
    scene.refused(scene.inject(jws, frames), "edited_frame")


def test_edited_record(scene: Scene) -> None:
    """A record that was changed, in a manifest signed by the till: its chain tells."""
    manifest = manifest_of(scene.capture, scene.frames)
    manifest["frames"][5]["sha256"] = "0" * 64
    scene.refused(scene.inject(signed(manifest, scene.key)), "broken_chain")


def test_edited_manifest(scene: Scene) -> None:
    """Changed on its way: the signature is of what was there before."""
    other = manifest_of(scene.capture, scene.frames) | {"mirrored": True}
    head, _, _ = signed(other, scene.key).rpartition(".")
    signature = scene.honest().rpartition(".")[2]
    scene.refused(scene.inject(f"{head}.{signature}"), "foreign_signature")


def test_reordered_frames(scene: Scene) -> None:
    """The pictures come in another order than their records."""
    frames = list(scene.frames)
    frames[4], frames[12] = frames[12], frames[4]
    scene.refused(scene.inject(scene.honest(), frames), "edited_frame")


def test_reordered_records(scene: Scene) -> None:
    manifest = manifest_of(scene.capture, scene.frames)
    records = manifest["frames"]
    records[4], records[12] = records[12], records[4]
    scene.refused(scene.inject(signed(chained(manifest), scene.key)), "reordered")


def test_reordered_records_numbered_anew(scene: Scene) -> None:
    """A turn moved in front of another: then its time, its step or its colour is another's."""
    manifest = manifest_of(scene.capture, scene.frames)
    records = manifest["frames"]
    records[4:10], records[10:16] = records[10:16], records[4:10]
    for index, record in enumerate(records):
        record["index"] = index
    answer = scene.inject(signed(chained(manifest), scene.key))
    scene.refused(answer, "clock_backwards", "clock_leaps")


def test_steps_in_another_order(scene: Scene) -> None:
    manifest = manifest_of(scene.capture, scene.frames)
    for record in manifest["frames"]:
        record["step"] = 0 if record["step"] == 0 else 4 - record["step"]
    scene.refused(scene.inject(signed(chained(manifest), scene.key)), "wrong_steps")


def test_wrong_clock_running_back(scene: Scene) -> None:
    manifest = manifest_of(scene.capture, scene.frames)
    manifest["frames"][6]["monotonic_ms"] = manifest["frames"][0]["monotonic_ms"]
    scene.refused(scene.inject(signed(chained(manifest), scene.key)), "clock_backwards")


def test_wrong_clock_leaping(scene: Scene) -> None:
    """A pause of ten seconds, in which a fitting recording could be looked for."""
    manifest = manifest_of(scene.capture, scene.frames)
    for record in manifest["frames"][6:]:
        record["monotonic_ms"] += 10_000
    scene.refused(scene.inject(signed(chained(manifest), scene.key)), "clock_leaps")


def test_wrong_clock_faster_than_a_camera(scene: Scene) -> None:
    manifest = manifest_of(scene.capture, scene.frames)
    for record in manifest["frames"]:
        record["monotonic_ms"] = record["index"]
    scene.refused(scene.inject(signed(chained(manifest), scene.key)), "clock_leaps")


def test_wrong_clock_longer_than_there_was_time(scene: Scene) -> None:
    """A burst of five seconds, ready a moment after its challenge was drawn: made beforehand."""
    reserved = scene.pos.terminal.open_capture(scene.intent.id, scene.payer.alias)
    scene.capture = scene.pos.terminal.begin_capture(reserved)
    scene.frames = list(genuine("grace", scene.capture.challenge, 2))
    scene.refused(scene.inject(scene.honest()), "clock_ahead")


def test_another_light(scene: Scene) -> None:
    """The declared colours are those of another challenge."""
    other = ("red", "cyan") * 12
    frames = [replace(each, colour=other[n]) for n, each in enumerate(scene.frames)]
    jws = signed(manifest_of(scene.capture, frames), scene.key)
    scene.refused(scene.inject(jws, frames), "wrong_colour")


def test_no_light_where_there_should_be_one(scene: Scene) -> None:
    frames = [replace(each, colour=None) for each in scene.frames]
    jws = signed(manifest_of(scene.capture, frames), scene.key)
    scene.refused(scene.inject(jws, frames), "wrong_colour")


def test_foreign_device_key(scene: Scene) -> None:
    """Signed by another till of the same shop, which is registered as well."""
    other = scene.scenario.pos().transport.key
    jws = signed(manifest_of(scene.capture, scene.frames), other)
    scene.refused(scene.inject(jws), "foreign_key")


def test_foreign_device_key_under_the_right_name(scene: Scene) -> None:
    other = scene.scenario.pos().transport.key
    jws = signed(manifest_of(scene.capture, scene.frames), other, kid=scene.key.keyid)
    scene.refused(scene.inject(jws), "foreign_signature")


def test_unregistered_device_key(scene: Scene) -> None:
    jws = signed(manifest_of(scene.capture, scene.frames), KeyPair.generate())
    scene.refused(scene.inject(jws), "foreign_key")


def test_whole_burst_by_another_terminal(scene: Scene) -> None:
    """With its own good signature on request and manifest: it has no such capture."""
    other = scene.scenario.pos().transport
    jws = signed(manifest_of(scene.capture, scene.frames), other.key)
    answer = send_manifest(other, scene.capture.id, jws, scene.frames)
    assert told(answer) == (404, "not_found")


def test_manifest_of_another_intent(scene: Scene) -> None:
    """Two payments at one till: the burst of the one is sent for the other."""
    other = Scene(scene.scenario, scene.pos, scene.payer)
    scene.refused(scene.inject(other.honest(), other.frames), "another_capture")


def test_manifest_of_another_capture_of_the_same_intent(scene: Scene) -> None:
    old_manifest, old_frames = scene.honest(), scene.frames
    scene.capture = scene.pos.capture(scene.intent.id, scene.payer.alias)
    scene.frames = list(genuine("grace", scene.capture.challenge, 2))
    scene.refused(scene.inject(old_manifest, old_frames), "another_capture")


def test_nonce_of_another_capture(scene: Scene) -> None:
    other = Scene(scene.scenario, scene.pos, scene.payer)
    manifest = manifest_of(scene.capture, scene.frames) | {"nonce": other.capture.nonce}
    scene.refused(scene.inject(signed(manifest, scene.key)), "another_nonce")


def test_frames_before_the_capture_is_begun(scene: Scene) -> None:
    """There is nothing yet that a burst could answer."""
    reserved = scene.pos.terminal.open_capture(scene.intent.id, scene.payer.alias)
    manifest = manifest_of(scene.capture, scene.frames) | {"capture_id": reserved.id}
    answer = send_manifest(
        scene.pos.transport, reserved.id, signed(manifest, scene.key), scene.frames
    )
    assert told(answer) == (409, "wrong_state")


def test_missing_frames(scene: Scene) -> None:
    scene.refused(scene.inject(scene.honest(), scene.frames[:-1]), "wrong_number")


@pytest.mark.parametrize("said", ["rooted", "virtual_camera", "debugger"])
def test_device_that_says_it_is_not_well(scene: Scene, said: str) -> None:
    sick = Terminal(scene.pos.transport, Device(health=Health(**{said: True})))
    with pytest.raises(Problem) as error:
        sick.send_frames(scene.capture, scene.frames)
    assert (error.value.status, error.value.code) == UNTRUSTED
    assert error.value.user_action == "use_password"
    assert said not in str(error.value.details), "it is not told what gave it away"
    scene.nothing_is_kept(said)


@pytest.mark.parametrize("name", ["play_integrity", "app_attest", "made_up"])
def test_evidence_nobody_can_check(scene: Scene, name: str) -> None:
    """It is not taken for evidence, and not ignored either."""
    claims = Terminal(scene.pos.transport, Device(attestation=Evidence(name, "trust me")))
    with pytest.raises(Problem) as error:
        claims.send_frames(scene.capture, scene.frames)
    assert (error.value.status, error.value.code) == (422, "attestation_unsupported")
    scene.nothing_is_kept("attestation_unsupported")


def test_injected_enrolment(scenario: Scenario) -> None:
    """The same at enrolling: no template is made, and none can be paid with."""
    payer = scenario.payer()
    payer.consent()
    enrolment = payer.customer.begin_enrolment(Credentials(PASSWORD, payer.code()))
    capture = payer.capture(enrolment.id)
    frames = list(genuine("grace", capture.challenge, 2))
    manifest = manifest_of(capture, frames)
    other = KeyPair.generate()
    jws = signed(manifest, other, kid=payer.transport.key.keyid)
    assert told(send_manifest(payer.transport, capture.id, jws, frames)) == INVALID
    with scenario.service.deps.unit_of_work() as uow:
        row = uow.enrolments.find(id=enrolment.id)
    assert row is not None
    assert (row.state, row.sealed_reference) == ("pending", None)
    assert logged(scenario, capture) == "foreign_signature"
