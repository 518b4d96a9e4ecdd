"""Beginning a capture and sending its burst, which tills and customers' own devices do alike."""

from facepay_client.answers import (
    Capture,
    FramesAccepted,
    ReservedCapture,
    read_capture,
    read_frames_accepted,
)
from facepay_client.capture import CaptureBody
from facepay_client.transport import Request, Transport, fresh_key


def begin(
    transport: Transport, reserved: ReservedCapture, *, idempotency_key: str | None
) -> Capture:
    """Raises what `post` raises, and UnreadableAnswer."""
    path = f"/v1/captures/{reserved.id}/begin"
    return read_capture(transport.post(path, idempotency_key=idempotency_key))


def send_body(
    transport: Transport, body: CaptureBody, *, idempotency_key: str | None
) -> FramesAccepted:
    """Raises what `send` raises."""
    request = Request(
        "POST",
        f"/v1/captures/{body.capture_id}/frames",
        body.content,
        body.content_type,
        idempotency_key or fresh_key(),
    )
    return read_frames_accepted(transport.send(request))
