"""Workers start during outages: passwords and revocations need neither face engine nor vault."""

import logging

import pytest

from facepay.domain.errors import FacepayError, FaceUnavailable, VaultUnavailable
from facepay.usecases.warm_up import prepare
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import Scenario


@pytest.mark.parametrize(
    ("event", "error", "message"),
    [
        ("engine.prepare", FaceUnavailable("no models"), "faces cannot be compared: no models"),
        ("signer.prepare", VaultUnavailable("no answer"), "nothing can be signed: no answer"),
    ],
)
def test_a_worker_starts_during_an_outage_and_logs_it(
    fakes: FakeDependencies,
    caplog: pytest.LogCaptureFixture,
    event: str,
    error: FacepayError,
    message: str,
) -> None:
    fakes.journal.fail(event, error)
    with caplog.at_level(logging.ERROR, logger="facepay"):
        prepare(fakes.deps)
    assert message in caplog.text


def test_engine_and_signer_are_ready_before_the_first_payer(fakes: FakeDependencies) -> None:
    prepare(fakes.deps)
    assert "engine.prepare" in fakes.journal.events
    assert "signer.prepare" in fakes.journal.events


def test_preparing_leaves_no_trace(scenario: Scenario, fakes: FakeDependencies) -> None:
    def kept() -> tuple[int, int]:
        with fakes.database() as uow:
            return len(uow.leaves.find_all()), len(uow.events.find_all())

    before = kept()
    prepare(scenario.deps)
    assert kept() == before
