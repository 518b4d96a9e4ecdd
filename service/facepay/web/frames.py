"""Read a burst out of a multipart body: one `manifest` field, the pictures as `frames`, in order.

Everything stays in memory: `InMemoryRequest` keeps werkzeug from spooling a part to a temp file.
"""

from io import BytesIO
from typing import IO, Any

from flask import Request, request

from facepay.domain.capture import MAX_FRAMES
from facepay.domain.errors import InvalidRequest
from facepay.usecases.steps import timed_step
from facepay.usecases.use_capture import Frames
from facepay.web.manifests import parse_manifest

SIP = 8 * 1024


class InMemoryRequest(Request):
    """A request whose uploads never reach a disk (rights.md 2.1(4): face data, its own class)."""

    max_form_parts = MAX_FRAMES + 8

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return BytesIO()

    def _get_stream_for_parsing(self) -> IO[bytes]:
        return _Sips(self.get_data())


class _Sips(BytesIO):
    """A body that is read in small pieces: in one without a boundary werkzeug's parser only looks
    for one, and in all others it tries at every byte of a picture.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(SIP if size is None or size < 0 else min(size, SIP))


@timed_step("parse")
def parse_frames(capture_id: str) -> Frames:
    """Raises BodyTooLarge, MalformedRequest, InvalidRequest."""
    strangers = (set(request.form) - {"manifest"}) | (set(request.files) - {"frames"})
    if strangers:
        raise InvalidRequest("Unknown field.", param=min(strangers))
    manifests = request.form.getlist("manifest")
    if len(manifests) != 1:
        raise InvalidRequest("Send one manifest.", param="manifest")
    images = [part.stream.read() for part in request.files.getlist("frames")]
    if not images:
        raise InvalidRequest("Send the pictures.", param="frames")
    return Frames(capture_id, parse_manifest(manifests[0]), images)
