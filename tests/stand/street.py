"""Fixtures of the tests over HTTP: a street, a till, a payer whose face is enrolled."""

import pytest

from tests.stand.people import Payer, PointOfSale, Street
from tests.stand.service import RunningService


@pytest.fixture(scope="session")
def street(service: RunningService) -> Street:
    return Street(service)


@pytest.fixture
def pos(street: Street) -> PointOfSale:
    return street.pos()


@pytest.fixture(scope="session")
def grace(street: Street) -> Payer:
    """For tests that leave the face enrolled."""
    return street.payer(face="grace")
