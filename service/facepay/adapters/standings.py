"""Read a client's key, its terminal and its merchant by one statement: it runs in every request."""

from typing import Any

from sqlalchemy import bindparam, func, select
from sqlmodel import Session

from facepay.adapters import tables as t
from facepay.adapters.repositories import SqlRepository
from facepay.domain.customer import Client, Merchant, Terminal
from facepay.domain.standing import Standing

_clients: Any = t.ClientRow.__table__  # type: ignore[attr-defined]  # SQLModel's, for tables
_terminals: Any = t.TerminalRow.__table__  # type: ignore[attr-defined]
_merchants: Any = t.MerchantRow.__table__  # type: ignore[attr-defined]
_PREFIXES = {"client_": _clients, "terminal_": _terminals, "merchant_": _merchants}

# A terminal's client names the terminal, and a merchant's client the merchant.
_merchant_id = func.coalesce(_terminals.c.merchant_id, _clients.c.subject_id)
_QUERY = (
    select(*(each.label(f"{p}{each.name}") for p, table in _PREFIXES.items() for each in table.c))
    .select_from(
        _clients.outerjoin(_terminals, _terminals.c.id == _clients.c.subject_id).outerjoin(
            _merchants, _merchants.c.id == _merchant_id
        )
    )
    .where(_clients.c.id == bindparam("keyid"))
)


def read_standing(session: Session, keyid: str) -> Standing | None:
    row = session.connection().execute(_QUERY, {"keyid": keyid}).mappings().first()
    if row is None:
        return None
    client = SqlRepository(session, Client, t.ClientRow).read_labelled(row, "client_")
    if client is None:
        return None
    terminal = SqlRepository(session, Terminal, t.TerminalRow).read_labelled(row, "terminal_")
    merchant = SqlRepository(session, Merchant, t.MerchantRow).read_labelled(row, "merchant_")
    return Standing(client, terminal, merchant)
