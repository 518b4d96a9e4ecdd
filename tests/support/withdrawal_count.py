"""Results of races of payments with what they rely on: by the clients' clock and by the log."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from tests.support.revocation_count import Log, quantiles
from tests.support.withdrawal_race import End, WithdrawalResult


def count_withdrawals(log: Log, races: Sequence[WithdrawalResult]) -> dict[str, Any]:
    """Count late approvals: sent after the end was acknowledged, or after its leaf in the log."""
    ended = [race for race in races if race.ended.outcome == "ended"]
    by_clock, by_log = set(), set()
    for race in ended:
        approved = {each.intent_id for each in race.payments if each.outcome == "approved"}
        late = {each.intent_id for each in race.payments if each.sent > race.ended.answered}
        by_clock |= approved & late
        leaf = min(log.ended.get(_ends(race), [log.leaves + 1]))
        mine = {each.intent_id for each in race.payments}
        by_log |= {each for each in mine if log.approved.get(each, 0) > leaf}
    payments = [payment for race in races for payment in race.payments]
    return {
        "races": len(races),
        "ends": Counter(race.end.value for race in races),
        "acknowledged": len(ended),
        "in_log_once": sum(len(log.ended.get(_ends(race), [])) == 1 for race in ended),
        "late_approvals": len(by_clock | by_log),
        "late_by_clock": len(by_clock),
        "late_by_log": len(by_log),
        "approvals_told_but_not_in_log": sum(
            each.outcome == "approved" and each.intent_id not in log.approved for each in payments
        ),
        "payments": dict(Counter(each.outcome for each in payments).most_common()),
        "ended_ms": {
            end.value: quantiles(race.ended for race in ended if race.end is end) for end in End
        },
    }


def broken_withdrawals(counted: dict[str, Any]) -> list[str]:
    """Name the broken promises; an empty list means that all were kept."""
    broken = [
        name for name in ("late_approvals", "approvals_told_but_not_in_log") if counted[name] != 0
    ]
    if not counted["races"] == counted["acknowledged"] == counted["in_log_once"]:
        broken.append("ends not acknowledged, or not in the log once")
    return broken


def _ends(race: WithdrawalResult) -> str:
    """Return what the log's leaf about the end names."""
    keys = race.copy.more_keys
    assert keys is not None
    return {
        End.PASSWORD: race.copy.customer_id,
        End.TERMINAL_KEY: race.copy.waiting[0].pos.transport.key.keyid,
        End.DEVICE: keys.device.keyid,
    }[race.end]
