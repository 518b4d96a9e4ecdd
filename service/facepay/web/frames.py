"""Parse the frames of a capture from a multipart body: one `manifest`, then `frames` in order.

Every part stays in memory and never reaches a disk, because frames show a face. This is why
Flask's `request.files` is not used: it writes pictures to temporary files. Its parser also adds a
byte to a picture when a chunk that it reads ends right behind a boundary.
"""

from flask import request
from multipart import MultipartError, ParserLimitReached, PushMultipartParser

from facepay.domain.capture import MAX_FRAMES
from facepay.domain.errors import BodyTooLarge, InvalidRequest, MalformedRequest
from facepay.usecases.captures.judge import Frames
from facepay.usecases.stage_timing import timed_stage
from facepay.web.manifests import parse_manifest

MAX_PARTS = MAX_FRAMES + 8
_NAMES = ("manifest", "frames")


@timed_stage("parse")
def parse_frames(capture_id: str) -> Frames:
    """Parse the request under way into a manifest and its encoded pictures.

    The manifest's signature is not verified here. Raises BodyTooLarge, MalformedRequest,
    InvalidRequest.
    """
    parts = parse_parts(request.get_data(), request.mimetype_params.get("boundary", ""))
    manifests = [content for name, content in parts if name == "manifest"]
    images = [content for name, content in parts if name == "frames"]
    if len(manifests) != 1:
        raise InvalidRequest("The body needs exactly one `manifest` part.", param="manifest")
    if not images:
        raise InvalidRequest(
            "The body has no `frames` part. Send every picture as one.", param="frames"
        )
    return Frames(capture_id, parse_manifest(_ascii(manifests[0])), images)


def parse_parts(body: bytes, boundary: str) -> list[tuple[str, bytes]]:
    """Return the name and content of each part (RFC 7578), in order.

    Raises BodyTooLarge for too many parts or too long part headers, InvalidRequest for an unknown
    name, MalformedRequest for a body that is not well-formed.
    """
    parts: list[tuple[str, bytes]] = []
    try:
        with PushMultipartParser(boundary, max_segment_count=MAX_PARTS, strict=True) as parser:
            name, content = "", b""
            for event in parser.parse(body):
                if isinstance(event, bytes):
                    content += event
                elif event is None:
                    parts.append((name, content))
                else:
                    name, content = _known_name(event.name), b""
    except ParserLimitReached:
        raise BodyTooLarge(f"Send at most {MAX_PARTS} parts, with short headers.") from None
    except MultipartError:
        raise MalformedRequest() from None
    return parts


def _known_name(name: str | None) -> str:
    if name not in _NAMES:
        raise InvalidRequest("Unknown part. Send `manifest` and `frames`.", param=name)
    return name


def _ascii(content: bytes) -> str:
    try:
        return content.decode("ascii")
    except UnicodeDecodeError:
        raise MalformedRequest("The manifest is not a compact JWS.", param="manifest") from None
