"""Begin a capture and send its burst; terminals and customers' devices do both in the same way."""

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
    """The part of `Terminal` and `Customer` that begins captures and sends frames.

    Every method that sends a request raises Problem, Unreachable and UnreadableAnswer.
    """

    def __init__(self, transport: Transport, device: Device | None = None) -> None:
        """Use `transport`, and the key that it signs with; `device` describes the camera."""
        self._transport = transport
        self._device = device or Device()

    def begin_capture(
        self, reserved: ReservedCapture, *, idempotency_key: str | None = None
    ) -> Capture:
        """Begin a capture when the payer is ready: `POST /v1/captures/{id}/begin`.

        The answer has the challenge. The frames must arrive within 60 seconds.

        Raises Problem `capture_expired`, `wrong_state`, `face_not_available`, `intent_expired`.
        """
        path = f"/v1/captures/{reserved.id}/begin"
        return read_capture(self._transport.post(path, idempotency_key=idempotency_key))

    def sign_frames(self, capture: Capture, frames: Sequence[Frame]) -> CaptureBody:
        """Sign the manifest of a burst and put it together with its pictures; send nothing.

        Raises ValueError as `build_body`.
        """
        return build_body(capture, frames, self._transport.key, self._device)

    def send_frames(
        self, capture: Capture, frames: Sequence[Frame], *, idempotency_key: str | None = None
    ) -> FramesAccepted:
        """Sign the burst and send it: `POST /v1/captures/{id}/frames`.

        A second call signs anew and is another request. To be able to retry after a lost answer,
        call `sign_frames` once and `send_body` as often as needed.

        Raises ValueError as `build_body`; Problem as `send_body`.
        """
        return self.send_body(self.sign_frames(capture, frames), idempotency_key=idempotency_key)

    def send_body(self, body: CaptureBody, *, idempotency_key: str | None = None) -> FramesAccepted:
        """Send a signed burst: `POST /v1/captures/{id}/frames`.

        "Accepted" means that the frames show a living head; it does not say whose. In a retry, pass
        the same `idempotency_key` and the same `body`.

        Raises Problem `capture_retry`, with `guidance` for the payer; `capture_refused`; and what
        the pictures were refused for, such as `two_faces` or `too_dark`.
        """
        request = Request(
            "POST",
            f"/v1/captures/{body.capture_id}/frames",
            body.content,
            body.content_type,
            idempotency_key or fresh_key(),
        )
        return read_frames_accepted(self._transport.send(request))
