"""A burst comes out of its body byte for byte, wherever the pieces that it is read in are cut."""

import pytest
from werkzeug.test import EnvironBuilder

from facepay.web.frames import SIP, InMemoryRequest

BOUNDARY = b"b0undary"
PICTURES = [b"\r\n--b0undar" * 3 + b"\xff\xd8\r", b"\n\r\r\n--" + bytes(range(256)), b"x" * SIP]


def body_of(pictures: list[bytes]) -> bytes:
    head = b'Content-Disposition: form-data; name="frames"; filename="f"\r\n\r\n'
    parts = [b"--" + BOUNDARY + b"\r\n" + head + picture + b"\r\n" for picture in pictures]
    return b"".join(parts) + b"--" + BOUNDARY + b"--\r\n"


def pictures_in(body: bytes) -> list[bytes]:
    kind = f"multipart/form-data; boundary={BOUNDARY.decode()}"
    request = InMemoryRequest(EnvironBuilder(data=body, content_type=kind).get_environ())
    return [part.stream.read() for part in request.files.getlist("frames")]


@pytest.mark.parametrize("before", [0, SIP // 2, 2 * SIP])
def test_no_picture_loses_or_gains_a_byte_where_a_piece_ends(before: int) -> None:
    for shift in range(len(body_of(PICTURES[:1])) + 32):
        sent = [b"j" * (before + SIP - shift % SIP), *PICTURES]
        assert pictures_in(body_of(sent)) == sent
