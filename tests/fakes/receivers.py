"""Receivers of events in memory: they record each event and answer as a test sets them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from facepay.domain.errors import InvalidRequest


@dataclass(frozen=True)
class ReceivedEvent:
    url: str
    event_id: str
    body: str
    secret: bytes

    @property
    def event(self) -> Any:
        return json.loads(self.body)

    @property
    def kind(self) -> str:
        return str(self.event["type"])


@dataclass
class FakeWebhooks:
    """Implements `ports.WebhookSender`; `answer` returns the result of an attempt."""

    received: list[ReceivedEvent] = field(default_factory=list)
    answer: Callable[[ReceivedEvent], str] = field(default=lambda _: "http_204")

    def check(self, url: str) -> None:
        if "internal" in url:
            raise InvalidRequest(
                "give an address on the public internet: events are sent there only", param="url"
            )

    def send(self, url: str, secret: bytearray, event_id: str, body: str) -> str:
        self.received.append(ReceivedEvent(url, event_id, body, bytes(secret)))
        return self.answer(self.received[-1])
