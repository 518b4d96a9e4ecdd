"""Frames that no camera has just taken: the manifest check refuses each way to inject them.

The attacker controls the terminal's network and software and, where a test says so, the terminal's
key. The service answers every injection with 422, consumes the capture, and writes the reason to
the operator's log only. It looks at no frame, so it can store no verdict.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from facepay_client import Credentials, Device, Health, KeyPair, Problem, Terminal
from facepay_client.device import Evidence
from tests.support.forgery import problem_of
from tests.support.injection import INVALID, AttackedPayment, logged
from tests.support.manifests import chained, manifest_of, send_manifest, signed
from tests.support.people import PASSWORD, Payer, PointOfSale, Scenario, genuine

UNTRUSTED = (422, "device_not_trusted")


@pytest.fixture
def payment(scenario: Scenario, pos: PointOfSale, grace: Payer) -> Iterator[AttackedPayment]:
    made = AttackedPayment(scenario, pos, grace)
    yield made
    code = made.payer.code()
    paid = pos.terminal.use_password(made.intent.id, made.payer.alias, Credentials(PASSWORD, code))
    assert paid.state == "approved", "and the payment goes on by password"


def test_an_honest_burst_is_accepted(scenario: Scenario, pos: PointOfSale, grace: Payer) -> None:
    """Without this test the refusals below would show nothing."""
    payment = AttackedPayment(scenario, pos, grace)
    assert payment.inject(payment.honest()).json()["outcome"] == "accepted"


def test_identical_pictures_are_refused(payment: AttackedPayment) -> None:
    """Send one picture as several frames: a still as a video."""
    still = payment.frames[0].image
    frames = [replace(each, image=still) for each in payment.frames]
    jws = signed(manifest_of(payment.capture, frames), payment.key)
    payment.refused(payment.inject(jws, frames), "identical_frames")


def test_one_frame_sent_twice_is_refused(payment: AttackedPayment) -> None:
    frames = list(payment.frames)
    frames[9] = replace(frames[9], image=frames[8].image)
    jws = signed(manifest_of(payment.capture, frames), payment.key)
    payment.refused(payment.inject(jws, frames), "identical_frames")


def test_a_replayed_old_capture_is_refused(payment: AttackedPayment) -> None:
    """Send yesterday's burst with its own manifest, as it was signed then."""
    yesterday = AttackedPayment(payment.scenario, payment.pos, payment.payer)
    jws = yesterday.honest()
    assert yesterday.inject(jws).status_code == 200
    payment.scenario.service.clock.advance(24 * 3600)
    again = AttackedPayment(payment.scenario, payment.pos, payment.payer)
    again.refused(again.inject(jws, yesterday.frames), "another_capture")
    payment.intent = payment.pos.intent()


def test_old_frames_signed_anew_are_refused(payment: AttackedPayment) -> None:
    """Sign a good recording of another challenge with the terminal's stolen key."""
    old = AttackedPayment(payment.scenario, payment.pos, payment.payer)
    while old.capture.challenge.light == payment.capture.challenge.light:
        old = AttackedPayment(payment.scenario, payment.pos, payment.payer)
    manifest = manifest_of(old.capture, old.frames)
    manifest |= {"capture_id": payment.capture.id, "nonce": payment.capture.nonce}
    answer = payment.inject(signed(manifest, payment.key), old.frames)
    payment.refused(answer, "wrong_colour")


def test_an_edited_frame_is_refused(payment: AttackedPayment) -> None:
    """Exchange the pictures after the manifest was signed, on their way."""
    jws = payment.honest()
    frames = list(payment.frames)
    image = frames[5].image
    frames[5] = replace(frames[5], image=image[:-2] + b"\x00" + image[-2:])
    payment.refused(payment.inject(jws, frames), "edited_frame")


def test_a_frame_of_somebody_else_is_refused(payment: AttackedPayment) -> None:
    jws = payment.honest()
    frames = list(payment.frames)
    frames[7] = replace(frames[7], image=genuine("eileen", payment.capture.challenge, 2)[7].image)
    payment.refused(payment.inject(jws, frames), "edited_frame")


def test_an_edited_record_is_refused(payment: AttackedPayment) -> None:
    """Change a record before the terminal signs the manifest: the chain of records breaks."""
    manifest = manifest_of(payment.capture, payment.frames)
    manifest["frames"][5]["sha256"] = "0" * 64
    payment.refused(payment.inject(signed(manifest, payment.key)), "broken_chain")


def test_an_edited_manifest_is_refused(payment: AttackedPayment) -> None:
    """Change the manifest on its way: the signature covers the original."""
    other = manifest_of(payment.capture, payment.frames) | {"mirrored": True}
    head, _, _ = signed(other, payment.key).rpartition(".")
    signature = payment.honest().rpartition(".")[2]
    payment.refused(payment.inject(f"{head}.{signature}"), "foreign_signature")


def test_reordered_frames_are_refused(payment: AttackedPayment) -> None:
    """Send the pictures in another order than their records."""
    frames = list(payment.frames)
    frames[4], frames[12] = frames[12], frames[4]
    payment.refused(payment.inject(payment.honest(), frames), "edited_frame")


def test_reordered_records_are_refused(payment: AttackedPayment) -> None:
    manifest = manifest_of(payment.capture, payment.frames)
    records = manifest["frames"]
    records[4], records[12] = records[12], records[4]
    payment.refused(payment.inject(signed(chained(manifest), payment.key)), "reordered")


def test_reordered_records_numbered_anew_are_refused(payment: AttackedPayment) -> None:
    """Move one turn before another: its time, its step or its colour then does not fit."""
    manifest = manifest_of(payment.capture, payment.frames)
    records = manifest["frames"]
    records[4:10], records[10:16] = records[10:16], records[4:10]
    for index, record in enumerate(records):
        record["index"] = index
    answer = payment.inject(signed(chained(manifest), payment.key))
    payment.refused(answer, "clock_backwards", "clock_leaps")


def test_steps_in_another_order_are_refused(payment: AttackedPayment) -> None:
    manifest = manifest_of(payment.capture, payment.frames)
    for record in manifest["frames"]:
        record["step"] = 0 if record["step"] == 0 else 4 - record["step"]
    payment.refused(payment.inject(signed(chained(manifest), payment.key)), "wrong_steps")


def test_a_clock_that_runs_back_is_refused(payment: AttackedPayment) -> None:
    manifest = manifest_of(payment.capture, payment.frames)
    manifest["frames"][6]["monotonic_ms"] = manifest["frames"][0]["monotonic_ms"]
    payment.refused(payment.inject(signed(chained(manifest), payment.key)), "clock_backwards")


def test_a_clock_that_leaps_is_refused(payment: AttackedPayment) -> None:
    """Pause for ten seconds, long enough to find a fitting recording."""
    manifest = manifest_of(payment.capture, payment.frames)
    for record in manifest["frames"][6:]:
        record["monotonic_ms"] += 10_000
    payment.refused(payment.inject(signed(chained(manifest), payment.key)), "clock_leaps")


def test_a_clock_faster_than_a_camera_is_refused(payment: AttackedPayment) -> None:
    manifest = manifest_of(payment.capture, payment.frames)
    for record in manifest["frames"]:
        record["monotonic_ms"] = record["index"]
    payment.refused(payment.inject(signed(chained(manifest), payment.key)), "clock_leaps")


def test_a_burst_longer_than_the_time_to_record_it_is_refused(payment: AttackedPayment) -> None:
    """Send a burst of five seconds, made beforehand, a moment after its challenge was drawn."""
    reserved = payment.pos.terminal.open_capture(payment.intent.id, payment.payer.alias)
    payment.capture = payment.pos.terminal.begin_capture(reserved)
    payment.frames = list(genuine("grace", payment.capture.challenge, 2))
    payment.refused(payment.inject(payment.honest()), "clock_ahead")


def test_the_light_of_another_challenge_is_refused(payment: AttackedPayment) -> None:
    """Declare the colours of another challenge."""
    other = ("red", "cyan") * 12
    frames = [replace(each, colour=other[n]) for n, each in enumerate(payment.frames)]
    jws = signed(manifest_of(payment.capture, frames), payment.key)
    payment.refused(payment.inject(jws, frames), "wrong_colour")


def test_a_burst_without_the_required_light_is_refused(payment: AttackedPayment) -> None:
    frames = [replace(each, colour=None) for each in payment.frames]
    jws = signed(manifest_of(payment.capture, frames), payment.key)
    payment.refused(payment.inject(jws, frames), "wrong_colour")


def test_a_manifest_signed_by_another_terminal_is_refused(payment: AttackedPayment) -> None:
    """Sign with the key of another registered terminal of the same shop."""
    other = payment.scenario.pos().transport.key
    jws = signed(manifest_of(payment.capture, payment.frames), other)
    payment.refused(payment.inject(jws), "foreign_key")


def test_another_terminals_key_under_the_right_name_is_refused(payment: AttackedPayment) -> None:
    other = payment.scenario.pos().transport.key
    jws = signed(manifest_of(payment.capture, payment.frames), other, kid=payment.key.keyid)
    payment.refused(payment.inject(jws), "foreign_signature")


def test_an_unregistered_device_key_is_refused(payment: AttackedPayment) -> None:
    jws = signed(manifest_of(payment.capture, payment.frames), KeyPair.generate())
    payment.refused(payment.inject(jws), "foreign_key")


def test_a_whole_burst_by_another_terminal_is_refused(payment: AttackedPayment) -> None:
    """Another terminal signs request and manifest well; it has no such capture."""
    other = payment.scenario.pos().transport
    jws = signed(manifest_of(payment.capture, payment.frames), other.key)
    answer = send_manifest(other, payment.capture.id, jws, payment.frames)
    assert problem_of(answer) == (404, "not_found")


def test_the_manifest_of_another_intent_is_refused(payment: AttackedPayment) -> None:
    """Send the burst of one payment for another one at the same terminal."""
    other = AttackedPayment(payment.scenario, payment.pos, payment.payer)
    payment.refused(payment.inject(other.honest(), other.frames), "another_capture")


def test_the_manifest_of_another_capture_of_the_same_intent_is_refused(
    payment: AttackedPayment,
) -> None:
    old_manifest, old_frames = payment.honest(), payment.frames
    payment.capture = payment.pos.capture(payment.intent.id, payment.payer.alias)
    payment.frames = list(genuine("grace", payment.capture.challenge, 2))
    payment.refused(payment.inject(old_manifest, old_frames), "another_capture")


def test_the_nonce_of_another_capture_is_refused(payment: AttackedPayment) -> None:
    other = AttackedPayment(payment.scenario, payment.pos, payment.payer)
    manifest = manifest_of(payment.capture, payment.frames) | {"nonce": other.capture.nonce}
    payment.refused(payment.inject(signed(manifest, payment.key)), "another_nonce")


def test_frames_before_the_capture_is_begun_are_refused(payment: AttackedPayment) -> None:
    """No challenge exists yet that a burst could answer."""
    reserved = payment.pos.terminal.open_capture(payment.intent.id, payment.payer.alias)
    manifest = manifest_of(payment.capture, payment.frames) | {"capture_id": reserved.id}
    answer = send_manifest(
        payment.pos.transport, reserved.id, signed(manifest, payment.key), payment.frames
    )
    assert problem_of(answer) == (409, "wrong_state")


def test_missing_frames_are_refused(payment: AttackedPayment) -> None:
    payment.refused(payment.inject(payment.honest(), payment.frames[:-1]), "wrong_number")


@pytest.mark.parametrize("said", ["rooted", "virtual_camera", "debugger"])
def test_a_device_that_reports_tampering_is_refused(payment: AttackedPayment, said: str) -> None:
    sick = Terminal(payment.pos.transport, Device(health=Health(**{said: True})))
    with pytest.raises(Problem) as error:
        sick.send_frames(payment.capture, payment.frames)
    assert (error.value.status, error.value.code) == UNTRUSTED
    assert error.value.user_action == "use_password"
    assert said not in str(error.value.details), "the device must not learn the fault"
    payment.nothing_is_kept(said)


@pytest.mark.parametrize("name", ["play_integrity", "app_attest", "made_up"])
def test_evidence_that_nobody_can_check_is_refused(payment: AttackedPayment, name: str) -> None:
    """The service neither accepts such evidence nor ignores it."""
    claims = Terminal(payment.pos.transport, Device(attestation=Evidence(name, "trust me")))
    with pytest.raises(Problem) as error:
        claims.send_frames(payment.capture, payment.frames)
    assert (error.value.status, error.value.code) == (422, "attestation_unsupported")
    payment.nothing_is_kept("attestation_unsupported")


def test_an_injected_enrolment_makes_no_template(scenario: Scenario) -> None:
    """Inject into an enrolment: no template is made, and none can pay."""
    payer = scenario.payer()
    payer.consent()
    enrolment = payer.customer.begin_enrolment(Credentials(PASSWORD, payer.code()))
    capture = payer.capture(enrolment.id)
    frames = list(genuine("grace", capture.challenge, 2))
    manifest = manifest_of(capture, frames)
    other = KeyPair.generate()
    jws = signed(manifest, other, kid=payer.transport.key.keyid)
    assert problem_of(send_manifest(payer.transport, capture.id, jws, frames)) == INVALID
    with scenario.service.deps.unit_of_work() as uow:
        row = uow.enrolments.find(id=enrolment.id)
    assert row is not None
    assert (row.state, row.sealed_reference) == ("pending", None)
    assert logged(scenario, capture) == "foreign_signature"
