"""Attempt counters: how many wrong guesses are allowed, and how long the secret is then blocked.

An attempt is counted *before* its secret is compared, so that concurrent guesses cannot exceed the
limit. A correct secret resets the counter. An attempt is uncounted when the secret could not be
compared: an outage is not a wrong guess. From failure number `policy.failures_allowed` on, each
failure blocks the secret for a delay that doubles (PSD2 RTS art. 4(3)(b)).

Each channel has its own counters. Guesses at a terminal therefore never block the owner's own
device, and nobody can keep an owner from revoking (ASVS 5: no malicious lockout). At sign-in, a
known browser has a counter of its own.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from facepay.domain.policy import Policy


class Channel(StrEnum):
    TERMINAL = "terminal"
    OWN_DEVICE = "own_device"
    WEB = "web"
    PAGE = "page"  # a customer who is signed in; WEB is the sign-in itself


@dataclass(frozen=True, slots=True)
class Attempts:
    """One attempt counter; `id` is made by `counter_id`."""

    id: str
    failures: int
    blocked_until: datetime | None

    def blocked(self, now: datetime) -> bool:
        return self.blocked_until is not None and now < self.blocked_until

    def counted(self, policy: Policy, now: datetime) -> "Attempts":
        """Return the counter with one failure more, blocked from the allowed number on."""
        failures = self.failures + 1
        beyond = failures - policy.failures_allowed
        if beyond < 0:
            return replace(self, failures=failures)
        delay = min(policy.first_delay * 2 ** min(beyond, 30), policy.longest_delay)
        return replace(self, failures=failures, blocked_until=now + delay)

    def uncounted(self) -> "Attempts":
        """Return the counter without its last attempt, whose secret could not be compared."""
        return replace(self, failures=max(self.failures - 1, 0), blocked_until=None)

    def cleared(self) -> "Attempts":
        return replace(self, failures=0, blocked_until=None)


def counter_id(secret_id: str, channel: Channel, device: str = "") -> str:
    """Return a counter's id; `device` is a known browser, empty for everything else."""
    return f"{secret_id}:{channel}:{device}" if device else f"{secret_id}:{channel}"
