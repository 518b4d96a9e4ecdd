"""A sender of events in a process of its own, to be killed: `python -m tests.support.sender URL S`.

`S` seconds are added to its clock. Any secret will do for the endpoints.
"""

import sys
import threading
from dataclasses import replace
from datetime import datetime, timedelta

from facepay.adapters.clocks import system_clock
from facepay.adapters.unit_of_work import Database
from facepay.adapters.webhook_sender import HttpWebhookSender
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.webhooks.deliver import deliver_forever
from tests.fakes.dependencies import fake_dependencies


class AnySecret:
    """Implements the part of `ports.SecretVault` that a sender needs."""

    def seal_secret(self, plaintext: bytes, *, binding: str) -> str:
        return "sealed"

    def unseal_secret(self, sealed: str, *, binding: str) -> bytearray:
        return bytearray(b"k" * 32)


def sending_dependencies(url: str, ahead: float = 0) -> Dependencies:
    """Build dependencies of a real database, real HTTP and fakes."""

    def clock() -> datetime:
        return system_clock() + timedelta(seconds=ahead)

    sender = HttpWebhookSender(loopback=True)
    return replace(
        fake_dependencies(Database(url)).deps, secrets=AnySecret(), webhooks=sender, clock=clock
    )


if __name__ == "__main__":
    deliver_forever(sending_dependencies(sys.argv[1], float(sys.argv[2])), threading.Event())
