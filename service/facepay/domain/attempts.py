"""How many wrong guesses a password or code may take, and how long it then rests.

An attempt is charged *before* it is checked and given back when it was right, or when it could not
be checked at all: guesses that race each other cannot outnumber the limit, and an outage is
nobody's wrong guess. After `policy.failures_allowed` failures each further one
is possible only after a delay that doubles (PSD2 RTS art. 4(3)(b), rights.md "Limits").

Counters are kept per channel: what a stranger types at a terminal never delays the owner's own
device, so nobody can be kept from revoking (ASVS 5: no malicious lockout). On the page a browser
that is known has one to itself.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from facepay.domain.policy import Policy


class Channel(StrEnum):
    TERMINAL = "terminal"
    OWN_DEVICE = "own_device"
    WEB = "web"
    PAGE = "page"  # of somebody who is signed in


@dataclass(frozen=True, slots=True)
class Attempts:
    id: str
    failures: int
    blocked_until: datetime | None

    def blocked(self, now: datetime) -> bool:
        return self.blocked_until is not None and now < self.blocked_until

    def counted(self, policy: Policy, now: datetime) -> "Attempts":
        failures = self.failures + 1
        beyond = failures - policy.failures_allowed
        if beyond < 0:
            return replace(self, failures=failures)
        delay = min(policy.first_delay * 2 ** min(beyond, 30), policy.longest_delay)
        return replace(self, failures=failures, blocked_until=now + delay)

    def uncounted(self) -> "Attempts":
        """Without the attempt that was charged last, which could not be looked at."""
        return replace(self, failures=max(self.failures - 1, 0), blocked_until=None)

    def cleared(self) -> "Attempts":
        return replace(self, failures=0, blocked_until=None)


def counter_id(secret_id: str, channel: Channel, device: str = "") -> str:
    return f"{secret_id}:{channel}:{device}" if device else f"{secret_id}:{channel}"
