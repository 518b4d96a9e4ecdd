"""A street of fakes for each test: a shop, its till, and Ada, who can pay by face."""

import copy
import sqlite3
from collections.abc import Iterator

import pytest

from tests.fakes.dependencies import FakeDependencies, fake_dependencies, kept, memory_database
from tests.fakes.street import Customer, Street


@pytest.fixture(scope="session")
def settled() -> Iterator[tuple[Street, sqlite3.Connection]]:
    """Enrolling takes a while: it is done once, and each test gets a copy of all of it."""
    with memory_database() as database:
        street = Street(fake_dependencies(database))
        street.enrol("ada")
        street.fakes.journal.events.clear()
        rows = kept(database)
        yield street, rows
        rows.close()


@pytest.fixture
def street(settled: tuple[Street, sqlite3.Connection]) -> Iterator[Street]:
    original, rows = settled
    with memory_database(copy_of=rows) as database:
        yield copy.deepcopy(original, {id(original.fakes.database): database})


@pytest.fixture
def fakes(street: Street) -> FakeDependencies:
    return street.fakes


@pytest.fixture
def ada(street: Street) -> Customer:
    return street.customers["ada"]
