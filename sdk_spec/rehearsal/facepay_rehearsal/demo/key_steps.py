"""A terminal's key is stolen, and its merchant withdraws it."""

from collections.abc import Callable

from facepay_client import KeyPair, Problem, Terminal
from facepay_rehearsal.demo.steps import DemoRun, describe_problem


def stolen_terminal_key_withdrawn(run: DemoRun) -> str:
    """Withdraw the key of a second terminal; then open and read payments with it."""
    stolen, merchant = KeyPair.generate(), run.actors.merchant
    terminal_id = merchant.register_terminal("Terminal 2", stolen.public_jwk).id
    thief = Terminal(run.actors.transport(stolen))
    opened = thief.create_intent(990, "EUR", run.actors.next_order())
    left = merchant.withdraw_terminal_key(terminal_id).keyids
    tries: dict[str, Callable[[], object]] = {
        "opens": lambda: thief.create_intent(990, "EUR", run.actors.next_order()),
        "reads": lambda: thief.get_intent(opened.id),
    }
    return "; ".join([f"keys left: {len(left)}", *map(_try, tries, tries.values())])


def _try(name: str, act: Callable[[], object]) -> str:
    try:
        act()
    except Problem as problem:
        return f"{name}: {describe_problem(problem)}"
    return f"{name}: accepted"
