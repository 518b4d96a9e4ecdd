"""Pay under duress: Grace types her duress code, and nobody at the terminal can tell."""

from dataclasses import replace

from facepay_client import Intent
from facepay_rehearsal.demo.steps import DemoRun, describe_outcome

DURESS_CODE = "271828"


def duress_blocked_silently(run: DemoRun) -> str:
    """Type a wrong code, the duress code and a right code; compare the answers."""
    actors = run.actors
    terminal = actors.terminal
    actors.customer.set_duress_code(DURESS_CODE, actors.password_and_code())
    first, second, third = (actors.pay_until_code() for _ in range(3))
    right = actors.fresh_code()
    wrong = terminal.send_code(first.id, f"{(int(right) + 1) % 10**6:06d}")
    under_duress = terminal.send_code(second.id, DURESS_CODE)
    after = terminal.send_code(third.id, right)
    same = _comparable(wrong) == _comparable(under_duress)
    alike = "as a wrong code" if same else "unlike a wrong code"
    return (
        f"{describe_outcome(under_duress)}, {alike}; "
        f"a right code after it: {describe_outcome(after)}"
    )


def _comparable(intent: Intent) -> Intent:
    """Return the answer without what differs between any two payments."""
    return replace(intent, id="", order_ref="", expires_at="")
