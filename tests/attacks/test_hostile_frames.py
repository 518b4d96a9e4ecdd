"""Each attack shown to a camera or sent as a picture is refused by name, and nothing is kept."""

import io
import struct
from dataclasses import replace

import pytest
from PIL import Image

from facepay_client import Capture, Credentials, Frame, Problem, Request
from facepay_rehearsal import bursts
from tests.support.forgery import problem_of, send
from tests.support.people import Payer, PointOfSale, Scenario, as_frames, genuine
from tests.support.renders import rendered


@pytest.fixture
def capture(pos: PointOfSale, grace: Payer) -> Capture:
    return pos.capture(pos.intent().id, grace.alias)


def refused(pos: PointOfSale, capture: Capture, frames: tuple[Frame, ...]) -> tuple[int, str, str]:
    with pytest.raises(Problem) as error:
        pos.terminal.send_frames(capture, frames)
    return error.value.status, error.value.code, error.value.user_action


def real(capture: Capture, seed: int = 2) -> tuple[Frame, ...]:
    return genuine("grace", capture.challenge, seed)


def with_image(frames: tuple[Frame, ...], number: int, image: bytes) -> tuple[Frame, ...]:
    return tuple(
        replace(frame, image=image) if index == number else frame
        for index, frame in enumerate(frames)
    )


def test_a_still_photo_is_refused(pos: PointOfSale, capture: Capture) -> None:
    shots = as_frames(
        rendered(bursts.still_photo, "grace", capture.challenge.steps, 5), capture.challenge
    )
    assert refused(pos, capture, shots) == (422, "capture_refused", "use_password")


def test_a_moved_print_is_refused(pos: PointOfSale, capture: Capture) -> None:
    shots = as_frames(
        rendered(bursts.moved_print, "grace", capture.challenge.steps, 5), capture.challenge
    )
    code = refused(pos, capture, shots)[1]
    assert code in ("capture_refused", "capture_retry")


def test_two_faces_are_refused(pos: PointOfSale, capture: Capture) -> None:
    shots = as_frames(
        rendered(bursts.two_faces, "grace", "eileen", capture.challenge.steps, 5), capture.challenge
    )
    assert refused(pos, capture, shots) == (422, "two_faces", "be_alone_in_the_picture")


def test_a_capture_without_a_face_is_refused(pos: PointOfSale, capture: Capture) -> None:
    frames = tuple(
        replace(frame, image=jpeg(Image.effect_noise((640, 480), 40 + index)))
        for index, frame in enumerate(real(capture))
    )
    assert refused(pos, capture, frames) == (422, "no_face", "try_again")


def test_a_recording_of_another_challenge_is_refused(
    pos: PointOfSale, grace: Payer, scenario: Scenario
) -> None:
    """A recording of another challenge turns the wrong way."""
    capture = pos.capture(pos.intent().id, grace.alias)
    other = {"turn_left": "turn_right", "turn_right": "turn_left"}
    steps = tuple(other.get(step, step) for step in capture.challenge.steps)
    wrong = genuine("grace", replace(capture.challenge, steps=steps), 2)
    assert refused(pos, capture, wrong)[1] == "capture_refused"


def jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()


def gigantic_jpeg() -> bytes:
    """Build a small file whose header claims 65,000 pixels a side: a decompression bomb."""
    small = bytearray(jpeg(Image.new("RGB", (64, 64))))
    start = small.index(b"\xff\xc0")
    small[start + 5 : start + 9] = struct.pack(">HH", 65_000, 65_000)
    return bytes(small)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("truncated", "unreadable_frame"),
        ("corrupt", "unreadable_frame"),
        ("only_a_header", "unreadable_frame"),
        ("bomb", "frame_too_large"),
        ("too_wide", "frame_too_large"),
        ("sliver", "unfit_frame"),
        ("strip", "unfit_frame"),
    ],
)
def test_a_broken_picture_is_refused(
    pos: PointOfSale, capture: Capture, name: str, code: str
) -> None:
    frames = real(capture)
    good = frames[3].image
    half = len(good) // 2
    broken = {
        "truncated": good[:half],
        "corrupt": good[:200] + bytes(half) + good[200 + half :],
        "only_a_header": good[:24],
        "bomb": gigantic_jpeg(),
        "too_wide": jpeg(Image.new("RGB", (1921, 800))),
        "sliver": jpeg(Image.new("RGB", (1920, 4))),
        "strip": jpeg(Image.new("RGB", (1, 1900))),
    }[name]
    assert refused(pos, capture, with_image(frames, 3, broken))[1] == code


def part(name: str) -> bytes:
    return b'--b\r\nContent-Disposition: form-data; name="' + name.encode() + b'"\r\n\r\n{}\r\n'


@pytest.mark.parametrize(
    "body",
    [b"", b"--b\r\n", b"--b--\r\n", part("manifest") + b"--b--", part("x") + b"--b--"],
    ids=["empty", "no_end", "no_parts", "no_pictures", "unknown_part"],
)
def test_a_broken_multipart_body_is_refused(
    pos: PointOfSale, capture: Capture, body: bytes
) -> None:
    kind = "multipart/form-data; boundary=b"
    request = Request("POST", f"/v1/captures/{capture.id}/frames", body, kind, "k")
    assert problem_of(send(pos.transport, request))[1] in ("invalid_request", "malformed_request")


def test_a_picture_of_another_format_is_refused(pos: PointOfSale, capture: Capture) -> None:
    png = io.BytesIO()
    Image.new("RGB", (640, 480)).save(png, "PNG")
    lies = b"\xff\xd8\xff" + png.getvalue()
    frames = with_image(real(capture), 0, lies)
    assert refused(pos, capture, frames)[1] in ("unsupported_frame_type", "unreadable_frame")


def test_a_capture_is_used_once(pos: PointOfSale, capture: Capture) -> None:
    assert pos.terminal.send_frames(capture, real(capture)).outcome == "accepted"
    assert refused(pos, capture, real(capture, 3))[:2] == (409, "wrong_state")


def test_a_picture_one_pixel_wide_does_not_end_the_worker(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    before = scenario.service.worker_pids()
    for size in ((1920, 4), (400, 1), (1, 1920)):
        capture = pos.capture(pos.intent().id, grace.alias)
        frames = tuple(
            replace(each, image=jpeg(Image.effect_noise(size, 60 + index)))
            for index, each in enumerate(real(capture))
        )
        assert refused(pos, capture, frames)[1] == "unfit_frame"
    assert scenario.service.worker_pids() == before


def test_a_refused_enrolment_leaves_no_template_and_no_key(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    """After a refused enrolment there is no template, and no key that could open one."""
    payer = scenario.payer()
    payer.consent()
    enrolment = payer.customer.begin_enrolment(Credentials("correct horse battery", payer.code()))
    capture = payer.capture(enrolment.id)
    with pytest.raises(Problem):
        payer.customer.send_frames(
            capture,
            as_frames(
                rendered(bursts.still_photo, "grace", capture.challenge.steps, 5), capture.challenge
            ),
        )
    with scenario.service.deps.unit_of_work() as uow:
        row = uow.enrolments.find(id=enrolment.id)
    assert row is not None
    assert (row.state, row.sealed_reference) == ("pending", None)
