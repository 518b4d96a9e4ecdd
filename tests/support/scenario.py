"""Fixtures of the tests over HTTP: a scenario, a point of sale, a payer whose face is enrolled."""

import pytest

from tests.support.people import Payer, PointOfSale, Scenario
from tests.support.service import RunningService


@pytest.fixture(scope="session")
def scenario(service: RunningService) -> Scenario:
    return Scenario(service)


@pytest.fixture
def pos(scenario: Scenario) -> PointOfSale:
    return scenario.pos()


@pytest.fixture(scope="session")
def grace(scenario: Scenario) -> Payer:
    """Enrol a payer; tests must leave the face enrolled."""
    return scenario.payer(face="grace")
