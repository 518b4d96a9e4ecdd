"""The body of a burst, parsed by werkzeug, the framework of the service."""

import hashlib
import json
from io import BytesIO

import pytest
from joserfc import jws
from joserfc.jwk import ECKey
from werkzeug.formparser import parse_form_data

from facepay_client import (
    Capture,
    CaptureBody,
    Challenge,
    Device,
    Evidence,
    Frame,
    Health,
    KeyPair,
    build_body,
)

CAPTURE = Capture(
    id="cap_1",
    purpose="payment",
    nonce="a-nonce-of-the-capture",
    challenge=Challenge("standard", ("turn_left", "turn_right"), ("red", "green")),
    max_frames=3,
    deadline="2026-11-23T12:00:00Z",
)
JPEG = b"\xff\xd8\xff\xe0 one"
WEBP = b"RIFF\x00\x00\x00\x00WEBP two"


KEY = KeyPair.generate()
DEVICE = Device(
    camera_id="usb 1",
    facing="front",
    width=1280,
    height=720,
    mirrored=True,
    exposure_locked=True,
    health=Health(rooted=False),
    attestation=Evidence("play_integrity", "a token"),
)


def parsed(body: CaptureBody) -> tuple[str, list[bytes]]:
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": body.content_type,
        "CONTENT_LENGTH": str(len(body.content)),
        "wsgi.input": BytesIO(body.content),
    }
    _, form, files = parse_form_data(environ, stream_factory=lambda *_, **__: BytesIO())
    return form["manifest"], [part.stream.read() for part in files.getlist("frames")]


def test_manifest_and_pictures_arrive_in_order_and_signed_by_the_device() -> None:
    frames = [Frame(JPEG, 1000, 0, "red"), Frame(WEBP, 1220, 1)]
    manifest, images = parsed(build_body(CAPTURE, frames, KEY, DEVICE))
    assert images == [JPEG, WEBP]
    signed = jws.deserialize_compact(manifest, ECKey.import_key(KEY.public_pem), ["ES256"])
    assert signed.headers() == {"alg": "ES256", "typ": "facepay-manifest+jwt", "kid": KEY.keyid}
    first = {
        "index": 0,
        "sha256": hashlib.sha256(JPEG).hexdigest(),
        "monotonic_ms": 1000,
        "step": 0,
        "colour": "red",
        "previous": "",
    }
    as_text = json.dumps(first, sort_keys=True, separators=(",", ":"))
    second = {
        "index": 1,
        "sha256": hashlib.sha256(WEBP).hexdigest(),
        "monotonic_ms": 1220,
        "step": 1,
        "colour": None,
        "previous": hashlib.sha256(as_text.encode()).hexdigest(),
    }
    assert json.loads(signed.payload) == {
        "capture_id": "cap_1",
        "nonce": CAPTURE.nonce,
        "sdk_version": "python/0.1.0",
        "mirrored": True,
        "camera": {"id": "usb 1", "facing": "front"},
        "width": 1280,
        "height": 720,
        "exposure_locked": True,
        "health": {"rooted": False, "virtual_camera": None, "debugger": None},
        "attestation": {"format": "play_integrity", "evidence": "a token"},
        "frames": [first, second],
    }


@pytest.mark.parametrize(("since_first", "colour"), [(0, "red"), (329, "red"), (330, "green")])
def test_an_sdk_begins_the_light_a_quarter_of_a_slot_before_the_first_frame(
    since_first: int, colour: str
) -> None:
    assert CAPTURE.challenge.colour_at(since_first) == colour
    assert CAPTURE.challenge.colour_at(since_first + 880) == colour
    assert Challenge("no_light", ("closer",)).colour_at(since_first) is None


@pytest.mark.parametrize(
    "frames",
    [
        [],
        [Frame(JPEG, time, 0) for time in range(4)],
        [Frame(b"\x89PNG", 0, 0)],
        [Frame(JPEG + bytes(4 * 1024 * 1024), 0, 0)],
    ],
    ids=["no frame", "too many", "another format", "too large"],
)
def test_what_would_be_refused_is_not_sent(frames: list[Frame]) -> None:
    with pytest.raises(ValueError):
        build_body(CAPTURE, frames, KEY)


def test_no_picture_and_no_nonce_in_what_is_printed() -> None:
    frame = Frame(JPEG, 0, 0)
    printed = (
        repr(frame) + repr(build_body(CAPTURE, [frame], KEY, DEVICE)) + repr(CAPTURE) + repr(DEVICE)
    )
    assert "xff" not in printed
    assert CAPTURE.nonce not in printed
    assert "a token" not in printed
