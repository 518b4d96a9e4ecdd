"""The step in which Grace is made to pay: she types another code, and nobody there can tell."""

from dataclasses import replace

from facepay_client import Credentials, Intent
from facepay_rehearsal.demo.steps import Walk, outcome

DURESS_CODE = "271828"


def duress_blocked_silently(walk: Walk) -> str:
    """A slip, the duress code, and then a right code: the face pays no more, without a word."""
    actors = walk.actors
    payer, terminal, customer = actors.payer, actors.terminal, actors.customer
    customer.set_duress_code(DURESS_CODE, Credentials(payer.password, actors.fresh_code()))
    first, second, third = actors.seen(), actors.seen(), actors.seen()
    right = actors.fresh_code()
    slip = terminal.send_code(first.id, f"{(int(right) + 1) % 10**6:06d}")
    forced = terminal.send_code(second.id, DURESS_CODE)
    after = terminal.send_code(third.id, right)
    alike = "as a wrong code" if _bare(slip) == _bare(forced) else "unlike a wrong code"
    return f"{outcome(forced)}, {alike}; a right code after it: {outcome(after)}"


def _bare(intent: Intent) -> Intent:
    """Without what differs between any two payments."""
    return replace(intent, id="", order_ref="", expires_at="")
