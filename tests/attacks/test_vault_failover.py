"""The active OpenBao of a pair is killed or hangs while keys are destroyed.

Requests go through the standby, which passes them on while it can. What was acknowledged is gone
for good, and what was not is destroyed later.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from facepay.adapters.openbao import OpenBaoVault
from facepay.adapters.openbao_session import OpenBaoSession
from facepay.domain.errors import SealBroken, VaultUnavailable
from tests.support.openbao_pair import Node, Standby, is_active, until

KEYS = [f"key-{number}" for number in range(24)]
BINDING = "row"


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Node, Standby]]:
    with (
        Node(tmp_path / "active", "active") as active,
        Standby(tmp_path / "standby", active) as standby,
    ):
        yield active, standby


@pytest.fixture
def through_the_standby(pair: tuple[Node, Standby]) -> Iterator[OpenBaoVault]:
    active, standby = pair
    session = OpenBaoSession(
        standby.url, role_id=active.role_id, secret_id=active.secret_id, timeout=1.0
    )
    yield OpenBaoVault(session)
    session.close()


def destroyed(vault: OpenBaoVault, key: str) -> bool | None:
    """Return what `destroy_key` said, or None where it said that the vault failed."""
    try:
        return vault.destroy_key(key)
    except VaultUnavailable:
        return None


@pytest.mark.parametrize("happens", [Node.kill_and_restart, Node.hang_for_a_while])
def test_a_key_is_called_destroyed_only_if_it_is_gone_though_the_active_node_fails(
    pair: tuple[Node, Standby], through_the_standby: OpenBaoVault, happens: Callable[[Node], None]
) -> None:
    active, standby = pair
    vault = through_the_standby
    sealed = {}
    for key in KEYS:
        vault.create_key(key)
        sealed[key] = vault.seal(key, b"template", binding=BINDING)
    with ThreadPoolExecutor(5) as pool:
        said = [pool.submit(destroyed, vault, key) for key in KEYS]
        happens(active)
        answers = dict(zip(KEYS, [each.result() for each in said], strict=True))
    until(lambda: is_active(active) or is_active(standby))

    assert None in answers.values(), "the node failed while keys were destroyed"
    for key, answer in answers.items():
        if answer is None:
            until(lambda key=key: destroyed(vault, key) is not None)
        with pytest.raises(SealBroken):
            vault.unseal(key, sealed[key], binding=BINDING)


def test_a_standby_that_lost_its_active_node_opens_seals_and_destroys_nothing(
    pair: tuple[Node, Standby], through_the_standby: OpenBaoVault
) -> None:
    active, _ = pair
    vault = through_the_standby
    vault.create_key("left")
    sealed = vault.seal("left", b"template", binding=BINDING)
    active.stop()
    try:
        for act in (
            lambda: vault.create_key("new"),
            lambda: vault.seal("left", b"template", binding=BINDING),
            lambda: vault.unseal("left", sealed, binding=BINDING),
            lambda: vault.derive_secret("left"),
            lambda: vault.destroy_key("left"),
        ):
            with pytest.raises(VaultUnavailable):
                act()
    finally:
        active.start()
    until(lambda: is_active(active))
    assert bytes(vault.unseal("left", sealed, binding=BINDING)) == b"template"
