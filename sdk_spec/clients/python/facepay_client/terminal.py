"""One till: it opens payments and carries what the payer shows and types.

A terminal learns outcomes and what to show next. It is never told a score, which factor failed,
or whether a face matched.
"""

from collections.abc import Mapping, Sequence

from facepay_client.answers import Capture, FramesAccepted, Intent, ReservedCapture, read
from facepay_client.capture import CaptureBody, Frame, build_body
from facepay_client.device import Device
from facepay_client.frames import begin, send_body
from facepay_client.transport import Transport


class Terminal:
    """Signs with the key that its merchant registered for it; `device` is its camera."""

    def __init__(self, transport: Transport, device: Device | None = None) -> None:
        self._transport = transport
        self._device = device or Device()

    def create_intent(
        self,
        amount_minor: int,
        currency: str,
        order_ref: str,
        *,
        idempotency_key: str | None = None,
    ) -> Intent:
        """Open a payment; it lives 10 minutes. `amount_minor` in cents, pence, …"""
        body = {"amount_minor": amount_minor, "currency": currency, "order_ref": order_ref}
        answer = self._transport.post("/v1/payment_intents", body, idempotency_key=idempotency_key)
        return read(Intent, answer)

    def get_intent(self, intent_id: str) -> Intent:
        """The answer to an outcome that was lost on the way."""
        return read(Intent, self._transport.get(f"/v1/payment_intents/{intent_id}"))

    def open_capture(
        self,
        intent_id: str,
        payer: str,
        *,
        profile: str = "standard",
        idempotency_key: str | None = None,
    ) -> ReservedCapture:
        """For the payer of this alias: show the instructions, then begin it. `profile` is
        "no_light" for somebody who cannot stand the colours."""
        path = f"/v1/payment_intents/{intent_id}/captures"
        body = {"payer": payer, "profile": profile}
        return read(
            ReservedCapture, self._transport.post(path, body, idempotency_key=idempotency_key)
        )

    def sign_frames(self, capture: Capture, frames: Sequence[Frame]) -> CaptureBody:
        """The manifest of a burst, signed, with its pictures. Raises ValueError for frames the
        service would refuse unseen."""
        return build_body(capture, frames, self._transport.key, self._device)

    def begin_capture(
        self, reserved: ReservedCapture, *, idempotency_key: str | None = None
    ) -> Capture:
        """Once the payer is ready: the challenge, and 60 seconds for it."""
        return begin(self._transport, reserved, idempotency_key=idempotency_key)

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
        return send_body(self._transport, body, idempotency_key=idempotency_key)

    def send_code(self, intent_id: str, code: str, *, idempotency_key: str | None = None) -> Intent:
        """The payer's six digits: approved with an authorization, or declined."""
        return self._change(intent_id, "second_factor", {"code": code}, idempotency_key)

    def use_password(
        self,
        intent_id: str,
        payer: str,
        password: str,
        code: str,
        *,
        idempotency_key: str | None = None,
    ) -> Intent:
        """Pay the same intent by password and code; open whatever became of the face."""
        body = {"payer": payer, "password": password, "code": code}
        return self._change(intent_id, "use_password", body, idempotency_key)

    def choose_alternative(self, intent_id: str, *, idempotency_key: str | None = None) -> Intent:
        """The payer would rather not use the face."""
        return self._change(intent_id, "choose_alternative", None, idempotency_key)

    def reverse(self, intent_id: str, *, idempotency_key: str | None = None) -> Intent:
        """Take an approval back."""
        return self._change(intent_id, "reverse", None, idempotency_key)

    def _change(
        self, intent_id: str, act: str, body: Mapping[str, str] | None, key: str | None
    ) -> Intent:
        path = f"/v1/payment_intents/{intent_id}/{act}"
        return read(Intent, self._transport.post(path, body, idempotency_key=key))
