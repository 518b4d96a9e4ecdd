"""Beginning a capture and sending its burst, which tills and customers' own devices do alike."""

from collections.abc import Sequence

from facepay_client.answers import (
    Capture,
    FramesAccepted,
    ReservedCapture,
    read_capture,
    read_frames_accepted,
)
from facepay_client.capture import CaptureBody, Frame, build_body
from facepay_client.device import Device
from facepay_client.transport import Request, Transport, fresh_key


class CapturingClient:
    """Whoever opens captures with the key of `transport`; `device` is its camera."""

    def __init__(self, transport: Transport, device: Device | None = None) -> None:
        self._transport = transport
        self._device = device or Device()

    def begin_capture(
        self, reserved: ReservedCapture, *, idempotency_key: str | None = None
    ) -> Capture:
        """Once the payer is ready: the challenge, and 60 seconds for it."""
        path = f"/v1/captures/{reserved.id}/begin"
        return read_capture(self._transport.post(path, idempotency_key=idempotency_key))

    def sign_frames(self, capture: Capture, frames: Sequence[Frame]) -> CaptureBody:
        """The manifest of a burst, signed, with its pictures. Raises ValueError for frames the
        service would refuse unseen."""
        return build_body(capture, frames, self._transport.key, self._device)

    def send_frames(
        self, capture: Capture, frames: Sequence[Frame], *, idempotency_key: str | None = None
    ) -> FramesAccepted:
        """The burst, once. Accepted means a living head; it does not say whose.

        Should no answer come, a second call signs anew, which is another request: who wants to ask
        again keeps what `sign_frames` gave.
        """
        return self.send_body(self.sign_frames(capture, frames), idempotency_key=idempotency_key)

    def send_body(self, body: CaptureBody, *, idempotency_key: str | None = None) -> FramesAccepted:
        """As `send_frames`, for what `sign_frames` gave."""
        request = Request(
            "POST",
            f"/v1/captures/{body.capture_id}/frames",
            body.content,
            body.content_type,
            idempotency_key or fresh_key(),
        )
        return read_frames_accepted(self._transport.send(request))
