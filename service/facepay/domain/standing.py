"""Standing: whether the service accepts what a client's key signs.

A key is withdrawn for good. A terminal or a merchant is suspended: by one operator for an hour at
most, by two operators until two resume it. A suspended merchant's terminals are suspended with it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from facepay.domain.customer import Client, Merchant, Role, Terminal
from facepay.domain.errors import NotAllowed, Unauthenticated, WrongState

ALONE_AT_MOST = timedelta(hours=1)
ALONE_AGAIN_AFTER = timedelta(days=1)

Party = TypeVar("Party", Merchant, Terminal)


class KeyWithdrawn(Unauthenticated):
    """The key was withdrawn; only a valid signature of that key gets this answer."""

    code = "key_withdrawn"


class ClientSuspended(NotAllowed):
    """The terminal, or the merchant that the client acts for, is suspended."""

    code = "client_suspended"


@dataclass(frozen=True, slots=True)
class Standing:
    """A client's key with the terminal and the merchant that it acts for; None for neither."""

    client: Client
    terminal: Terminal | None
    merchant: Merchant | None

    def require(self, now: datetime) -> None:
        """Refuse a withdrawn key and a suspended client.

        A terminal whose row, or whose merchant's row, is missing counts as suspended.

        Raises KeyWithdrawn, ClientSuspended.
        """
        role = self.client.role
        if self.client.revoked_at is not None:
            raise KeyWithdrawn()
        if role is Role.TERMINAL and self.terminal is None:
            raise ClientSuspended("The terminal is not registered. Ask the operator.")
        if role in (Role.TERMINAL, Role.MERCHANT) and self.merchant is None:
            raise ClientSuspended("The merchant is not registered. Ask the operator.")
        if self.terminal is not None and is_suspended(self.terminal, now):
            raise ClientSuspended("The terminal is suspended. Ask its merchant or the operator.")
        if self.merchant is not None and is_suspended(self.merchant, now):
            raise ClientSuspended("The merchant is suspended. Ask the operator.")


def is_suspended(party: Merchant | Terminal, now: datetime) -> bool:
    if party.suspended_at is None:
        return False
    return party.suspended_until is None or now < party.suspended_until


def suspended_by_one(party: Party, now: datetime, lasting: timedelta) -> Party:
    """Return the party as one operator suspends it, for at most an hour.

    One operator cannot prolong a suspension. No operator alone can suspend the same party again
    within a day, also when two operators resumed it: otherwise one could repeat the hour for ever.

    Raises WrongState.
    """
    if is_suspended(party, now):
        raise WrongState("it is suspended already: two operators can prolong this")
    if party.suspended_at is not None and now < party.suspended_at + ALONE_AGAIN_AFTER:
        raise WrongState("it was suspended within the last day: this takes two operators now")
    until = now + min(lasting, ALONE_AT_MOST)
    return replace(party, suspended_at=now, suspended_until=until)


def suspended_by_two(party: Party, now: datetime) -> Party:
    """Return the party as two operators suspend it: until two operators resume it."""
    since = party.suspended_at if is_suspended(party, now) else now
    return replace(party, suspended_at=since, suspended_until=None)


def resumed(party: Party, now: datetime) -> Party:
    """Return the party as two operators resume it. Raises WrongState when it is not suspended."""
    if not is_suspended(party, now):
        raise WrongState("it is not suspended")
    return replace(party, suspended_until=now)
