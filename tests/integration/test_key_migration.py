"""Payments that are open during the migration name the key that their terminal has."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from facepay.adapters.migrate import migrate
from facepay.adapters.unit_of_work import Database
from tests.fakes.dependencies import fake_dependencies
from tests.fakes.scenario import Scenario
from tests.support.databases import empty_database

MOMENT = datetime(2026, 11, 23, 23, 59, 59, 999999, tzinfo=UTC)


def test_an_open_payment_names_the_key_of_its_terminal(
    request: pytest.FixtureRequest, database_kind: str, tmp_path: Path
) -> None:
    url = empty_database(request, database_kind, tmp_path)
    migrate(url, revision="0016")
    database = Database(url)
    at = MOMENT.isoformat(sep=" ")
    intent = "id, merchant_id, terminal_id, amount_minor, currency, order_ref, nonce, state"
    client = "id, role, subject_id, public_key_pem, created_at"
    with database.engine.begin() as connection:
        for change in (
            f"merchants (id, name, created_at) VALUES ('m', 'shop', '{at}')",
            f"terminals (id, merchant_id, name, created_at) VALUES ('t', 'm', 'till', '{at}')",
            f"clients ({client}) VALUES ('key', 'terminal', 't', 'pem', '{at}')",
            f"payment_intents ({intent}, captures_used, created_at, expires_at)"
            f" VALUES ('pi', 'm', 't', 1, 'EUR', 'o', 'n', 'created', 0, '{at}', '{at}')",
            f"authorizations VALUES ('aut', 'pi', 'jws', '{at}', '{at}')",
        ):
            connection.exec_driver_sql(f"INSERT INTO {change}")
    migrate(url)
    with database() as uow:
        found, standing = uow.intents.find(id="pi"), uow.standing("key")
    database.engine.dispose()
    assert found is not None
    assert found.opened_by == "key"
    assert standing is not None
    standing.require(MOMENT)


@pytest.mark.parametrize("role", ["terminal", "merchant", "customer"])
def test_one_statement_reads_a_key_with_all_that_it_depends_on(
    database: Database, role: str
) -> None:
    scenario = Scenario(fake_dependencies(database))
    callers = {
        "terminal": scenario.terminal,
        "merchant": scenario.merchant,
        "customer": scenario.register("ada").caller,
    }
    with database() as uow:
        standing = uow.standing(callers[role].keyid)
        assert uow.standing("unknown") is None
        terminal = uow.terminals.find(id=scenario.terminal.subject_id)
        merchant = uow.merchants.find(id=scenario.merchant.subject_id)
        client = uow.clients.find(id=callers[role].keyid)
    assert standing is not None
    assert standing.client == client
    assert standing.terminal == (terminal if role == "terminal" else None)
    assert standing.merchant == (None if role == "customer" else merchant)
