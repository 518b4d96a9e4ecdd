"""Many races of payments and revocations, a few at once, under load."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

from tests.support.crowd import Copy, Crowd
from tests.support.load import Load
from tests.support.people import Scenario
from tests.support.revocation_race import Plan, RaceResult, RaceRunner

AT_ONCE = 5
ACTS = 6  # the most requests of one race under way at once
BATCH = 20  # copies made in one transaction
AHEAD = 2  # batches made while others race
TERMINALS = 3


class Races:
    """`run` needs the main thread: the load starts servers anew."""

    def __init__(
        self, scenario: Scenario, plans: Sequence[Plan], tick: Callable[[], None] = lambda: None
    ) -> None:
        """`tick` is called after each race."""
        self._scenario = scenario
        self._crowd = Crowd(scenario, [scenario.pos() for _ in range(TERMINALS)])
        self._batches = [plans[at : at + BATCH] for at in range(0, len(plans), BATCH)]
        self._tick = tick
        self._raced: list[RaceResult] = []

    def run(self, load: Load) -> list[RaceResult]:
        over = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            leading = pool.submit(self._run_all, over)
            load.run(lambda: len(self._raced), over)
            leading.result()
        return self._raced

    def _run_all(self, over: threading.Event) -> None:
        with ExitStack() as stack:
            stack.callback(over.set)
            copying, racing, acts = (
                stack.enter_context(ThreadPoolExecutor(threads))
                for threads in (1, AT_ONCE, AT_ONCE * ACTS)
            )
            runner = RaceRunner(self._scenario, acts)
            under_way: list[Future[None]] = []
            for plans, copies in self._copied(copying):
                pairs = zip(copies, plans, strict=True)
                under_way += [racing.submit(self._run, runner, *pair) for pair in pairs]
                while sum(not each.done() for each in under_way) > BATCH:
                    time.sleep(0.01)
            for each in under_way:
                each.result()

    def _run(self, runner: RaceRunner, copy: Copy, plan: Plan) -> None:
        self._raced.append(runner.run(copy, plan))
        self._tick()

    def _copied(self, pool: ThreadPoolExecutor) -> Iterator[tuple[Sequence[Plan], Sequence[Copy]]]:
        """Yield plans with their copies, made ahead but not so early that a payment expires."""
        made = [self._submit_copies(pool, plans) for plans in self._batches[:AHEAD]]
        for at, plans in enumerate(self._batches):
            copies = made[at].result()
            made += [self._submit_copies(pool, later) for later in self._batches[at + AHEAD :][:1]]
            yield plans, copies

    def _submit_copies(self, pool: ThreadPoolExecutor, plans: Sequence[Plan]) -> Future[list[Copy]]:
        return pool.submit(self._crowd.copies, [plan.wanted for plan in plans])
