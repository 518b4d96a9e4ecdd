"""What the service does with a request whose signature is valid, on the fakes' scenario."""

from facepay.usecases.authentication.client_keys import admit, find_standing
from facepay.usecases.request import Caller
from tests.fakes.scenario import Scenario


def require(scenario: Scenario, caller: Caller) -> None:
    """Raise KeyWithdrawn or ClientSuspended unless the caller's key has standing."""
    standing = find_standing(scenario.deps, caller.keyid)
    assert standing is not None
    admit(scenario.deps, standing, scenario.command(caller).key)
