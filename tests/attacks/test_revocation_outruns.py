"""Payments race with the end of what they rely on while workers and the vault go down.

The end is the revocation of a face, another password, or the withdrawal of a till's key or of a
device. This is the small version of `make bench-revocation`: the same races, the same promises.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from facepay.embedded.openbao_server import EmbeddedOpenBao
from tests.support.load import Load
from tests.support.people import Scenario
from tests.support.races import AnyPlan, Races
from tests.support.revocation_count import broken_promises, count, read_log
from tests.support.revocation_race import Plan
from tests.support.service import running_service
from tests.support.withdrawal_count import broken_withdrawals, count_withdrawals
from tests.support.withdrawal_race import WithdrawalPlan

pytestmark = pytest.mark.serial  # the races need both cores

RACES = 60
WITHDRAWALS = 15
BURSTS = 1 / 30


@pytest.fixture(scope="module")
def own_bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedOpenBao]:
    with EmbeddedOpenBao(tmp_path_factory.mktemp("own-bao")) as bao:
        yield bao


def test_nothing_pays_after_its_end_though_workers_die_and_the_vault_restarts(
    own_bao: EmbeddedOpenBao, database_url: str, tmp_path: Path
) -> None:
    rng = random.Random(5)  # noqa: S311 - what is drawn is no secret
    plans: list[AnyPlan] = [Plan.draw(rng, bursts=BURSTS) for _ in range(RACES)]
    plans += [WithdrawalPlan.draw(rng) for _ in range(WITHDRAWALS)]
    rng.shuffle(plans)
    with running_service(own_bao, database_url, tmp_path) as service:
        races = Races(Scenario(service), own_bao, plans)
        load = Load(service, kill_at=[15, 45], outages={30: own_bao.restart})
        raced = races.run(load)
        log = read_log(service.deps)
        counted = count(service.deps, own_bao, log, raced.revocations)
        withdrawals = count_withdrawals(log, raced.withdrawals)
    assert broken_promises(counted) == []
    assert broken_withdrawals(withdrawals) == []
    assert withdrawals["races"] == WITHDRAWALS
    assert counted["races"] == RACES
    assert (load.kills, load.happened) == (2, {"restart": 1})
    won = counted["races_won"]
    assert min(won.values()) > 0, "each side wins some, or they never raced"
    assert counted["captures_cancelled"] > 0
    assert counted["sent_after_acknowledgement"] > 0
