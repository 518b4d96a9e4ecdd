"""Many races of payments with revocations and with withdrawals, a few at once, under load."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field

from facepay.embedded.openbao_server import EmbeddedOpenBao
from tests.support.crowd import Copy, Crowd
from tests.support.load import Load
from tests.support.people import Scenario
from tests.support.revocation_race import Plan, RaceResult, RaceRunner
from tests.support.withdrawal_race import WithdrawalPlan, WithdrawalResult, WithdrawalRunner

AT_ONCE = 5
ACTS = 6  # the most requests of one race under way at once
BATCH = 20  # copies made in one transaction
AHEAD = 2  # batches made while others race
TERMINALS = 3


AnyPlan = Plan | WithdrawalPlan


@dataclass(frozen=True)
class Raced:
    """The results so far."""

    revocations: list[RaceResult] = field(default_factory=list)
    withdrawals: list[WithdrawalResult] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.revocations) + len(self.withdrawals)


class Races:
    """`run` needs the main thread: the load starts servers anew."""

    def __init__(
        self,
        scenario: Scenario,
        bao: EmbeddedOpenBao,
        plans: Sequence[AnyPlan],
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        """`tick` is called after each race."""
        self._scenario = scenario
        self._bao = bao
        self._crowd = Crowd(scenario, [scenario.pos() for _ in range(TERMINALS)])
        self._batches = [plans[at : at + BATCH] for at in range(0, len(plans), BATCH)]
        self._tick = tick
        self._raced = Raced()

    def run(self, load: Load) -> Raced:
        over = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            leading = pool.submit(self._run_all, over)
            load.run(lambda: self._raced.count, over)
            leading.result()
        return self._raced

    def _run_all(self, over: threading.Event) -> None:
        with ExitStack() as stack:
            stack.callback(over.set)
            copying, racing, acts = (
                stack.enter_context(ThreadPoolExecutor(threads))
                for threads in (1, AT_ONCE, AT_ONCE * ACTS)
            )
            runners = (
                RaceRunner(self._scenario, self._bao, acts),
                WithdrawalRunner(self._scenario, acts),
            )
            under_way: list[Future[None]] = []
            for plans, copies in self._copied(copying):
                pairs = zip(copies, plans, strict=True)
                under_way += [racing.submit(self._run, *runners, *pair) for pair in pairs]
                while sum(not each.done() for each in under_way) > BATCH:
                    time.sleep(0.01)
            for each in under_way:
                each.result()

    def _run(
        self, revoking: RaceRunner, withdrawing: WithdrawalRunner, copy: Copy, plan: AnyPlan
    ) -> None:
        if isinstance(plan, Plan):
            self._raced.revocations.append(revoking.run(copy, plan))
        else:
            self._raced.withdrawals.append(withdrawing.run(copy, plan))
        self._tick()

    def _copied(
        self, pool: ThreadPoolExecutor
    ) -> Iterator[tuple[Sequence[AnyPlan], Sequence[Copy]]]:
        """Yield plans with their copies, made ahead but not so early that a payment expires."""
        made = [self._submit_copies(pool, plans) for plans in self._batches[:AHEAD]]
        for at, plans in enumerate(self._batches):
            copies = made[at].result()
            made += [self._submit_copies(pool, later) for later in self._batches[at + AHEAD :][:1]]
            yield plans, copies

    def _submit_copies(
        self, pool: ThreadPoolExecutor, plans: Sequence[AnyPlan]
    ) -> Future[list[Copy]]:
        return pool.submit(self._crowd.copies, [plan.wanted for plan in plans])
