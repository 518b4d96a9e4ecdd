"""Flags for an unusual use of a face, computed from the uses before it. Pure.

Before the first approved payment, no merchant and no city counts as new. A flag does not mean that
somebody else was there: the owner can look at it. The policy decides which flags hold a payment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from facepay.domain.face_use import FaceUse, Flag, UseOutcome


@dataclass(frozen=True, slots=True)
class EarlyWarning:
    """The policy's table `early_warning`.

    A payment with a flag in `hold` is not approved by face; the payer can use the password.
    """

    many_failures: int
    failures_within: timedelta
    two_places_within: timedelta
    hold: frozenset[Flag]

    def __post_init__(self) -> None:
        if self.many_failures < 1:
            raise ValueError("many_failures must be 1 or more")

    def holds(self, flags: Sequence[str]) -> bool:
        return not self.hold.isdisjoint(flags)


def flags_of(
    use: FaceUse, before: Sequence[FaceUse], rules: EarlyWarning, *, paid_there_before: bool
) -> tuple[Flag, ...]:
    """Return the flags of a use.

    `before` has earlier uses of the same customer. `paid_there_before`: this customer has paid this
    merchant before, by any method.
    """
    paid = [each for each in before if each.outcome is UseOutcome.APPROVED]
    cities = {each.city for each in paid} - {None}
    failed = [each for each in before if each.failed and _within(use, each, rules.failures_within)]
    lately = [each for each in before if _within(use, each, rules.two_places_within)]
    found = {
        Flag.NEW_MERCHANT: bool(paid) and not paid_there_before,
        Flag.NEW_CITY: bool(cities) and use.city is not None and use.city not in cities,
        Flag.MANY_FAILURES: len(failed) >= rules.many_failures,
        Flag.TWO_PLACES: any(_elsewhere(use, each) for each in lately),
    }
    return tuple(flag for flag, holds in found.items() if holds)


def _within(use: FaceUse, earlier: FaceUse, span: timedelta) -> bool:
    return use.at - earlier.at < span


def _elsewhere(use: FaceUse, earlier: FaceUse) -> bool:
    """Return whether an accepted capture was in another city, or is in progress elsewhere.

    "In progress elsewhere" means that a payment at another terminal waits for its second factor.
    Refused captures do not count: otherwise anybody with a picture could have the owner's payments
    held.
    """
    if earlier.outcome is UseOutcome.REFUSED or earlier.terminal_id == use.terminal_id:
        return False
    another_city = None not in (use.city, earlier.city) and use.city != earlier.city
    return another_city or earlier.outcome is UseOutcome.AWAITING_SECOND_FACTOR
