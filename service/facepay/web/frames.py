"""Read a burst out of a multipart body: one `manifest` field, the pictures as `frames`, in order.

Everything stays in memory: `InMemoryRequest` keeps werkzeug from spooling a part to a temp file.
"""

import json
from io import BytesIO
from typing import IO, Any

from flask import Request, request
from marshmallow import ValidationError

from facepay.domain.capture import MAX_FRAMES
from facepay.domain.errors import InvalidRequest, MalformedRequest
from facepay.domain.manifest import Manifest
from facepay.usecases.authorize_payment import Frames
from facepay.usecases.steps import timed_step
from facepay.web.problems import first_message
from facepay.web.schemas.faces import ManifestShape


class InMemoryRequest(Request):
    """A request whose uploads never reach a disk (rights.md 2.1(4): face data, its own class)."""

    max_form_parts = MAX_FRAMES + 8

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return BytesIO()


@timed_step("parse")
def parse_frames(capture_id: str) -> Frames:
    """Raises MalformedRequest, InvalidRequest."""
    strangers = (set(request.form) - {"manifest"}) | (set(request.files) - {"frames"})
    if strangers:
        raise InvalidRequest("Unknown field.", param=min(strangers))
    manifests = request.form.getlist("manifest")
    if len(manifests) != 1:
        raise InvalidRequest("Send one manifest.", param="manifest")
    images = [part.stream.read() for part in request.files.getlist("frames")]
    if not images:
        raise InvalidRequest("Send the pictures.", param="frames")
    return Frames(capture_id, _parse_manifest(manifests[0]), images)


def _parse_manifest(text: str) -> Manifest:
    try:
        manifest: Manifest = ManifestShape().load(json.loads(text))
    except ValidationError as error:
        param, detail = first_message(error.messages)
        raise InvalidRequest(detail, param=f"manifest.{param}") from None
    except (ValueError, RecursionError):
        raise MalformedRequest("the manifest is not JSON", param="manifest") from None
    return manifest
