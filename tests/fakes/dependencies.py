"""Dependencies made of fakes: a real database, everything else in memory."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection
from sqlmodel import SQLModel

from facepay.adapters.policy_file import read_policy
from facepay.adapters.unit_of_work import Database
from facepay.config import SHIPPED_POLICY
from facepay.usecases.dependencies import Dependencies
from tests.fakes.journal import Journal
from tests.fakes.receivers import FakeWebhooks
from tests.fakes.senses import (
    DIFFERENT,
    SAME,
    FakeAttestation,
    FakeClock,
    FakeCodes,
    FakeDeviceKeys,
    FakeEngine,
    FakePad,
    FakePasswords,
)
from tests.fakes.vault import FakeSigner, FakeVault


@dataclass
class FakeDependencies:
    """`deps` is for use cases; the other fields are the fakes that it is built of."""

    database: Database
    journal: Journal = field(default_factory=Journal)
    clock: FakeClock = field(default_factory=FakeClock)
    passwords: FakePasswords = field(default_factory=FakePasswords)
    codes: FakeCodes = field(default_factory=FakeCodes)
    device_keys: FakeDeviceKeys = field(default_factory=FakeDeviceKeys)

    def __post_init__(self) -> None:
        self.vault = FakeVault(self.journal)
        self.signer = FakeSigner(self.journal)
        self.root = FakeSigner(self.journal, "root")
        self.checkpoint_keys = FakeVault(self.journal)
        self.engine = FakeEngine(self.journal)
        self.pad = FakePad(self.journal)
        self.attestation = FakeAttestation(self.journal)
        self.webhooks = FakeWebhooks()
        self.deps = Dependencies(
            issuer="https://pay.example",
            fingerprint_key=b"a key for the fingerprints of tests",
            policy=read_policy(SHIPPED_POLICY),
            face_distance_at_most=(SAME + DIFFERENT) / 2,
            clock=self.clock,
            unit_of_work=self.database,
            engine=self.engine,
            pad=self.pad,
            attestation=self.attestation,
            templates=self.vault,
            secrets=self.vault,
            signer=self.signer,
            root=self.root,
            checkpoint_keys=self.checkpoint_keys,
            passwords=self.passwords,
            codes=self.codes,
            device_keys=self.device_keys,
            webhooks=self.webhooks,
        )


def fake_dependencies(database: Database) -> FakeDependencies:
    return FakeDependencies(database)


@contextmanager
def memory_database(copy_of: sqlite3.Connection | None = None) -> Iterator[Database]:
    """Open a database in memory, for one thread: a copy, or empty.

    It has one connection. A use case that keeps a transaction open while it calls the vault, and
    opens another one there, fails at once.
    """
    database = Database("sqlite://")
    if copy_of is None:
        SQLModel.metadata.create_all(database.engine)
    else:
        _copy(copy_of, database)
    yield database
    database.engine.dispose()


def frozen_copy(database: Database) -> sqlite3.Connection:
    """Copy a database in memory, to make further copies of."""
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    with database.engine.connect() as connection:
        _raw(connection).backup(copy)
    return copy


def _copy(source: sqlite3.Connection, database: Database) -> None:
    with database.engine.connect() as connection:
        source.backup(_raw(connection))


def _raw(connection: Connection) -> sqlite3.Connection:
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw
