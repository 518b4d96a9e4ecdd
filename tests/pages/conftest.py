"""The customer's page in real Chromium: one service for all, on SQLite.

Chromium is a Debian package. Where it is missing these tests are left out, and a line says so; with
CI set they fail instead.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from facepay.embedded.openbao_server import EmbeddedOpenBao
from facepay_client import Credentials
from tests.support import chromium as chromium_stand
from tests.support import scenario as _scenario
from tests.support.people import PASSWORD, Payer, Scenario
from tests.support.service import RunningService, running_service
from tests.support.tally import TALLY

scenario = _scenario.scenario
pos = _scenario.pos


@pytest.fixture(scope="session")
def service(
    openbao: EmbeddedOpenBao, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningService]:
    directory = tmp_path_factory.mktemp("service-pages")
    with running_service(openbao, f"sqlite:///{directory / 'facepay.db'}", directory) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if chromium_stand.found() is None:
        pytest.fail(f"Debian's package `{chromium_stand.PACKAGE}` is not installed")
    with chromium_stand.chromium() as launched:
        yield launched


@pytest.fixture(scope="session")
def owner(scenario: Scenario) -> Payer:
    """Enrol a payer with one payment to show; tests must leave the face enrolled."""
    payer, pos = scenario.payer(face="grace"), scenario.pos()
    by_face = pos.intent(3150)
    scenario.show_face(pos, by_face, payer, "grace")
    pos.terminal.send_code(by_face.id, payer.code())
    for amount_minor in (1999, 1250_00):
        intent = pos.intent(amount_minor)
        pos.terminal.use_password(intent.id, payer.alias, Credentials(PASSWORD, payer.code()))
    pos.terminal.use_password(
        pos.intent(450).id, payer.alias, Credentials(PASSWORD, payer.wrong_code())
    )
    return payer


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if chromium_stand.found() is not None or os.environ.get("CI"):
        return
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    config.hook.pytest_deselected(items=here)
    items[:] = [item for item in items if item not in here]
    config.stash[TALLY].left_out = len(here)
