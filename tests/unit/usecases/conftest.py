"""A scenario of fakes for each test: a shop, its terminal, and Ada, who can pay by face."""

import copy
import sqlite3
from collections.abc import Iterator

import pytest

from tests.fakes.dependencies import (
    FakeDependencies,
    fake_dependencies,
    frozen_copy,
    memory_database,
)
from tests.fakes.scenario import Customer, Scenario


@pytest.fixture(scope="session")
def enrolled() -> Iterator[tuple[Scenario, sqlite3.Connection]]:
    """Enrol Ada once, which takes a while; each test gets a copy of all of it."""
    with memory_database() as database:
        scenario = Scenario(fake_dependencies(database))
        scenario.enrol("ada")
        scenario.fakes.journal.events.clear()
        rows = frozen_copy(database)
        yield scenario, rows
        rows.close()


@pytest.fixture
def scenario(enrolled: tuple[Scenario, sqlite3.Connection]) -> Iterator[Scenario]:
    original, rows = enrolled
    with memory_database(copy_of=rows) as database:
        yield copy.deepcopy(original, {id(original.fakes.database): database})


@pytest.fixture
def fakes(scenario: Scenario) -> FakeDependencies:
    return scenario.fakes


@pytest.fixture
def ada(scenario: Scenario) -> Customer:
    return scenario.customers["ada"]
