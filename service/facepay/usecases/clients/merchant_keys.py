"""A merchant's keys: its own, which it replaces by itself, and those of its terminals.

A replacement withdraws the old key in the transaction that adds the new one, so that at no moment
both or neither are in force.
"""

from facepay.domain.customer import PublicKey, Role, Terminal
from facepay.domain.errors import NotFound
from facepay.domain.event import EventKind
from facepay.domain.standing import is_suspended
from facepay.usecases.clients.withdraw_keys import (
    add_key,
    append_key_leaf,
    append_withdrawals,
    withdraw_all_keys,
)
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.request import Caller, Command
from facepay.usecases.responses import Registered, TerminalAnswer, rfc3339

PAGE = 200


def replace_own_key(deps: Dependencies, command: Command, key: PublicKey) -> Registered:
    """Replace the calling merchant's key; the old one signs this request, and is then withdrawn.

    A retry signed by the old key raises KeyWithdrawn: the replacement was made.

    Raises AlreadyExists for a key that is or was registered.
    """

    def act(lease: Lease) -> Registered:
        merchant_id = command.caller.subject_id
        with deps.unit_of_work() as uow:
            uow.merchants.lock(merchant_id)
            withdrawn = withdraw_all_keys(deps, uow, merchant_id)
            added = add_key(deps, uow, Role.MERCHANT, merchant_id, key)
            answer = Registered(merchant_id, added.id)
            lease.answer(uow, answer, withdrawn=frozenset(each.id for each in withdrawn))
            append_withdrawals(deps, uow, withdrawn, command.caller)
            append_key_leaf(deps, uow, EventKind.CLIENT_KEY_ADDED, added, command.caller)
            uow.commit()
        return answer

    return run_idempotent(deps, command, Registered, act)


def withdraw_terminal(deps: Dependencies, command: Command, terminal_id: str) -> TerminalAnswer:
    """Withdraw every key of a terminal of the calling merchant; repeating it is safe.

    Raises NotFound.
    """
    return _change_keys(deps, command, terminal_id, None)


def replace_terminal_key(
    deps: Dependencies, command: Command, terminal_id: str, key: PublicKey
) -> TerminalAnswer:
    """Withdraw every key of a terminal of the calling merchant, and give it a new one.

    Raises NotFound; AlreadyExists for a key that is or was registered.
    """
    return _change_keys(deps, command, terminal_id, key)


def list_terminals(deps: Dependencies, caller: Caller, after: str | None) -> list[TerminalAnswer]:
    """Return up to 200 terminals of the calling merchant with their keys in force, by their ids.

    `after` is the last id on the page before; None returns the first page.
    """
    with deps.unit_of_work() as uow:
        terminals = uow.terminals.find_all(
            merchant_id=caller.subject_id, after_id=after or "", limit=PAGE
        )
        ids = frozenset(each.id for each in terminals)
        keys = uow.clients.find_all(subject_id=ids, revoked_at=None) if ids else []
    return [
        _answer(deps, each, [key.id for key in keys if key.subject_id == each.id])
        for each in terminals
    ]


def _change_keys(
    deps: Dependencies, command: Command, terminal_id: str, key: PublicKey | None
) -> TerminalAnswer:
    def act(lease: Lease) -> TerminalAnswer:
        with deps.unit_of_work() as uow:
            terminal = uow.terminals.lock(terminal_id)
            if terminal is None or terminal.merchant_id != command.caller.subject_id:
                raise NotFound()
            withdrawn = withdraw_all_keys(deps, uow, terminal_id)
            added = add_key(deps, uow, Role.TERMINAL, terminal_id, key) if key else None
            answer = _answer(deps, terminal, [added.id] if added else [])
            lease.answer(uow, answer)
            append_withdrawals(deps, uow, withdrawn, command.caller)
            if added is not None:
                append_key_leaf(deps, uow, EventKind.CLIENT_KEY_ADDED, added, command.caller)
            uow.commit()
        return answer

    return run_idempotent(deps, command, TerminalAnswer, act)


def _answer(deps: Dependencies, terminal: Terminal, keyids: list[str]) -> TerminalAnswer:
    return TerminalAnswer(
        id=terminal.id,
        name=terminal.name,
        city=terminal.city,
        created_at=rfc3339(terminal.created_at),
        suspended=is_suspended(terminal, deps.clock()),
        keyids=keyids,
    )
