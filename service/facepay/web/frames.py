"""Read a burst out of a multipart body: one `manifest` field, the pictures as `frames`, in order.

Everything stays in memory: no part ever reaches a disk (rights.md 2.1(4): face data, a class of its
own). Of Flask, `request.files` is not used. It would put pictures into temporary files, and adds a
byte to a picture where a piece that its parser reads ends right behind a boundary.
"""

from flask import request
from multipart import MultipartError, ParserLimitReached, PushMultipartParser

from facepay.domain.capture import MAX_FRAMES
from facepay.domain.errors import BodyTooLarge, InvalidRequest, MalformedRequest
from facepay.usecases.captures.judge import Frames
from facepay.usecases.stage_timing import timed_stage
from facepay.web.manifests import parse_manifest

MOST_PARTS = MAX_FRAMES + 8
_NAMES = ("manifest", "frames")


@timed_stage("parse")
def parse_frames(capture_id: str) -> Frames:
    """Raises BodyTooLarge, MalformedRequest, InvalidRequest."""
    parts = parse_parts(request.get_data(), request.mimetype_params.get("boundary", ""))
    manifests = [content for name, content in parts if name == "manifest"]
    images = [content for name, content in parts if name == "frames"]
    if len(manifests) != 1:
        raise InvalidRequest("Send one manifest.", param="manifest")
    if not images:
        raise InvalidRequest("Send the pictures.", param="frames")
    return Frames(capture_id, parse_manifest(_text(manifests[0])), images)


def parse_parts(body: bytes, boundary: str) -> list[tuple[str, bytes]]:
    """Name and content of each part (RFC 7578), in order.

    Raises BodyTooLarge for too many parts, MalformedRequest, InvalidRequest for a name that is none
    of ours.
    """
    parts: list[tuple[str, bytes]] = []
    try:
        with PushMultipartParser(boundary, max_segment_count=MOST_PARTS, strict=True) as parser:
            name, content = "", b""
            for event in parser.parse(body):
                if isinstance(event, bytes):
                    content += event
                elif event is None:
                    parts.append((name, content))
                else:
                    name, content = _known(event.name), b""
    except ParserLimitReached:
        raise BodyTooLarge(f"a burst has {MOST_PARTS} parts at most, with short headers") from None
    except MultipartError:
        raise MalformedRequest() from None
    return parts


def _known(name: str | None) -> str:
    if name not in _NAMES:
        raise InvalidRequest("Unknown field.", param=name)
    return name


def _text(content: bytes) -> str:
    try:
        return content.decode("ascii")
    except UnicodeDecodeError:
        raise MalformedRequest("the manifest is not a compact JWS", param="manifest") from None
