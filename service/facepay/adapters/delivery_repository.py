"""Store deliveries and find the ones that are due."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.sql.expression import exists

from facepay.adapters.repositories import Entity, SqlRepository
from facepay.domain.webhook import DeliveryState, Lane


class SqlDeliveries(SqlRepository[Entity]):
    """Implementation of `ports.Deliveries`."""

    def endpoints_due(self, lane: Lane, now: datetime) -> list[str]:
        waiting = self._waiting_until(lane, now)
        query = select(self._column("endpoint_id")).where(*waiting).distinct()
        return list(self._execute(query).scalars())

    def due(self, endpoint_id: str, lane: Lane, now: datetime, *, limit: int) -> list[Entity]:
        earlier = self._table.alias("earlier")
        # An earlier event of the same payment goes first, also when it must be retried later.
        blocked = exists().where(
            earlier.c.endpoint_id == endpoint_id,
            earlier.c.payment == self._column("payment"),
            earlier.c.state == DeliveryState.WAITING.value,
            earlier.c.seq < self._column("seq"),
        )
        query = (
            select(self._table)
            .where(self._column("endpoint_id") == endpoint_id, *self._waiting_until(lane, now))
            .where(~blocked)
            .order_by(self._column("seq"))
            .limit(limit)
        )
        return [self._from_row(row) for row in self._execute(query).mappings()]

    def tally(self, endpoint_id: str) -> dict[str, int]:
        state = self._column("state")
        query = (
            select(state, func.count())
            .where(self._column("endpoint_id") == endpoint_id)
            .group_by(state)
        )
        rows: Any = self._execute(query)
        return {str(name): int(count) for name, count in rows}

    def _waiting_until(self, lane: Lane, now: datetime) -> list[Any]:
        waiting = self._column("state") == DeliveryState.WAITING.value
        return [self._column("lane") == lane.value, waiting, self._column("next_at") <= now]
