"""The audit log on a real database, one worker over it, and a writer of the database."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from facepay.domain.audit import GENESIS, Head, Leaf, commit, next_leaf
from facepay.domain.checkpoint import LogMemory
from facepay.usecases.records.audit_log import append_leaf
from facepay.web.app import create_app
from tests.fakes.dependencies import FakeDependencies

PAST_THE_INTERVAL = 60  # seconds


@dataclass
class Log:
    """A log on a real database, its worker, and a writer's rights in the database."""

    fakes: FakeDependencies
    worker: FlaskClient

    def grow(self, count: int) -> None:
        for number in range(count):
            with self.fakes.database() as uow:
                append_leaf(self.fakes.deps, uow, "payment.approved", number=number)
                uow.commit()

    def checkpoint(self, worker: FlaskClient | None = None) -> TestResponse:
        """Read the checkpoint when a new one is due."""
        self.fakes.clock.advance(PAST_THE_INTERVAL)
        return (worker or self.worker).get("/v1/log/checkpoint")

    def signed(self) -> list[int]:
        """Return the sizes that were signed, in order."""
        return [claims["size"] for claims in self.fakes.root.signed if "size" in claims]

    def new_worker(self) -> FlaskClient:
        deps = replace(self.fakes.deps, log_memory=LogMemory())
        return create_app(deps, deps.issuer).test_client()

    def sql(self, statement: str, **values: Any) -> None:
        with self.fakes.database.engine.begin() as connection:
            connection.execute(text(statement), values)

    def token(self) -> str:
        """Return the stored checkpoint."""
        with self.fakes.database() as uow:
            row = uow.checkpoints.find(id="log")
        assert row is not None
        return row.token

    def cut_to(self, size: int) -> None:
        """Delete the tail, and set the head back so that the log looks whole."""
        with self.fakes.database() as uow:
            last = uow.leaves.find(seq=size)
            uow.heads.update(Head("log", size, last.hash if last else GENESIS))
            uow.commit()
        self.sql("DELETE FROM log_leaves WHERE seq > :size", size=size)
        self.sql("DELETE FROM log_openings WHERE seq > :size", size=size)

    def replace_by(self, length: int) -> None:
        """Replace every leaf by another chain that is consistent in itself."""
        self.sql("DELETE FROM log_leaves")
        head, leaves = Head("log", 0, GENESIS), list[Leaf]()
        for number in range(length):
            at = self.fakes.clock() + timedelta(seconds=number)
            leaves.append(next_leaf(head, at=at, kind="x.y", commitment=commit("a", str(number))))
            head = Head("log", leaves[-1].seq, leaves[-1].hash)
        with self.fakes.database() as uow:
            for leaf in leaves:
                uow.leaves.add(leaf)
            uow.heads.update(head)
            uow.commit()


def refusal_in(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.json["code"] if answer.json else ""
