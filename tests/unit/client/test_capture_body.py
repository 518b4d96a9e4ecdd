"""The bytes of a burst: parsed as the service's framework parses them."""

import hashlib
import json
from io import BytesIO

import pytest
from werkzeug.formparser import parse_form_data

from facepay_client import Capture, CaptureBody, Challenge, Frame, build_body

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


def parsed(body: CaptureBody) -> tuple[dict[str, object], list[bytes]]:
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": body.content_type,
        "CONTENT_LENGTH": str(len(body.content)),
        "wsgi.input": BytesIO(body.content),
    }
    _, form, files = parse_form_data(environ, stream_factory=lambda *_, **__: BytesIO())
    manifest: dict[str, object] = json.loads(form["manifest"])
    return manifest, [part.stream.read() for part in files.getlist("frames")]


def test_manifest_and_pictures_arrive_in_order() -> None:
    frames = [Frame(JPEG, 1000, 0), Frame(WEBP, 1220, 1)]
    manifest, images = parsed(build_body(CAPTURE, frames, mirrored=True))
    assert images == [JPEG, WEBP]
    assert manifest == {
        "capture_id": "cap_1",
        "nonce": CAPTURE.nonce,
        "sdk_version": "python/0.1.0",
        "mirrored": True,
        "frames": [
            {
                "index": index,
                "sha256": hashlib.sha256(frame.image).hexdigest(),
                "monotonic_ms": frame.monotonic_ms,
                "step": frame.step,
            }
            for index, frame in enumerate(frames)
        ],
    }


def test_the_same_burst_gives_the_same_bytes_so_that_it_can_be_repeated() -> None:
    frames = [Frame(JPEG, 0, 0)]
    assert build_body(CAPTURE, frames) == build_body(CAPTURE, frames)


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
        build_body(CAPTURE, frames)


def test_no_picture_and_no_nonce_in_what_is_printed() -> None:
    frame = Frame(JPEG, 0, 0)
    printed = repr(frame) + repr(build_body(CAPTURE, [frame])) + repr(CAPTURE)
    assert "xff" not in printed
    assert CAPTURE.nonce not in printed
