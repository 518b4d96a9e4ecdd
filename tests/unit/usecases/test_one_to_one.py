"""A face is verified against the one reference that its owner claimed (ISO/IEC 2382-37)."""

import pytest

from facepay import ports
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import Customer, Scenario

SEARCHING = ("search", "identify", "gallery", "nearest", "candidates")


def test_a_payment_opens_and_compares_the_claimed_reference_alone(
    scenario: Scenario, fakes: FakeDependencies, ada: Customer
) -> None:
    for alias in ("bo", "cy"):
        scenario.enrol(alias)
    fakes.journal.events.clear()
    paid = scenario.enter_code(scenario.show_face(ada), scenario.code_of(ada))
    assert paid.state == "approved"
    assert fakes.journal.count("vault.unseal") == 1
    assert fakes.journal.count("engine.distance") == 1


def test_an_enrolled_customers_face_pays_for_nobody_else(scenario: Scenario, ada: Customer) -> None:
    """Bo's face is known, and yet it is a stranger's where Ada's is claimed."""
    scenario.enrol("bo")
    intent = scenario.show_face(ada, person="bo")
    assert scenario.enter_code(intent, scenario.code_of(ada)).state == "declined"


@pytest.mark.parametrize("port", [ports.FaceEngine, ports.TemplateVault])
def test_no_port_offers_a_search(port: type) -> None:
    offered = [name for name in vars(port) if not name.startswith("_")]
    assert offered
    assert not [name for name in offered if any(word in name for word in SEARCHING)]
