"""A node's key is certified before it signs, valid for 15 minutes, and replaced every 5 minutes."""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jws

from facepay.adapters.key_directory import KeyDirectory
from facepay.adapters.node_signer import CERTIFIED_FOR, RENEWED_AFTER, NodeSigner
from facepay.domain.errors import SigningUnavailable, StorageUnavailable, VaultUnavailable
from facepay.ports import UnitsOfWork
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.records.key_set import read_key_set
from facepay_client.trust import verify_by_node
from tests.fakes.dependencies import fake_dependencies, memory_database
from tests.fakes.root import SoftwareRoot
from tests.fakes.senses import FakeClock

TYP = "facepay-authorization+jwt"
ISSUER = "https://pay.example"
SIGNED_FOR = timedelta(minutes=15)


@dataclass
class Node:
    root: SoftwareRoot
    signer: NodeSigner
    clock: FakeClock
    deps: Dependencies

    def sign(self) -> str:
        now = int(self.clock().timestamp())
        return self.signer.sign({"iat": now, "exp": now + SIGNED_FOR.seconds}, typ=TYP)

    def published(self) -> dict[str, Any]:
        return read_key_set(self.deps)

    def holds(self, token: str) -> bool:
        return bool(verify_by_node(token, self.published(), TYP, expected_issuer=ISSUER))


def kid_of(token: str) -> str:
    return str(jws.extract_compact(token.encode()).headers()["kid"])


@pytest.fixture
def node() -> Iterator[Node]:
    with memory_database() as database:
        fakes = fake_dependencies(database)
        yield another_node(database, fakes.clock, fakes.deps)


def another_node(database: UnitsOfWork, clock: FakeClock, deps: Dependencies) -> Node:
    directory = KeyDirectory(database, clock)
    root = SoftwareRoot(directory)
    signer = NodeSigner(root, directory, clock, issuer=ISSUER, signed_for=SIGNED_FOR)
    return Node(root, signer, clock, replace(deps, signer=signer, root=root))


def test_a_nodes_signature_verifies_with_the_published_keys(node: Node) -> None:
    token = node.sign()
    assert node.holds(token)
    root, own = node.published()["keys"]
    assert (root["kid"], own["kid"]) == (node.root.key.thumbprint(), kid_of(token))
    assert "certificate" not in root
    assert not {"d"} & (set(root) | set(own)), "no private half"


def test_signing_asks_neither_the_vault_nor_the_database(node: Node) -> None:
    node.signer.prepare()
    with node.deps.unit_of_work():  # the only connection there is: another one would be refused
        tokens = {kid_of(node.sign()) for _ in range(10)}
    assert (node.root.asked, len(tokens)) == (1, 1)


def test_a_signature_takes_less_than_a_millisecond(node: Node) -> None:
    node.signer.prepare()
    took = []
    for _ in range(200):
        begun = time.thread_time()  # of this thread: the machine's other work is not counted
        node.sign()
        took.append(time.thread_time() - begun)
    assert sorted(took)[len(took) // 2] < 0.001


def test_without_the_vault_the_key_signs_for_the_rest_of_its_15_minutes_and_no_longer(
    node: Node,
) -> None:
    node.clock.now = node.clock.now.replace(microsecond=0)
    node.signer.prepare()
    node.root.away = True
    node.clock.advance(CERTIFIED_FOR.total_seconds() - 1)
    last = node.sign()
    assert node.holds(last)
    node.clock.advance(1)
    with pytest.raises(SigningUnavailable, match="the vault does not answer"):
        node.sign()
    assert node.holds(last), "what was signed in time goes on to hold"
    node.root.away = False
    assert node.holds(node.sign())


def test_without_the_vault_from_the_beginning_nothing_is_signed(node: Node) -> None:
    node.root.away = True
    for act in (node.signer.prepare, node.sign):
        with pytest.raises(VaultUnavailable):
            act()
    assert node.published() == {"keys": []}


def test_a_key_that_could_not_be_published_signs_nothing(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StorageUnavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(KeyDirectory, "publish_node", fail)
        with pytest.raises(StorageUnavailable):
            node.sign()
    assert node.holds(node.sign())


def test_a_clock_that_jumps_causes_a_fresh_key(node: Node) -> None:
    first = node.sign()
    node.clock.advance(86_400)
    second = node.sign()
    assert kid_of(first) != kid_of(second)
    assert node.holds(second)
    node.clock.advance(-86_400)
    assert kid_of(node.sign()) not in (kid_of(first), kid_of(second))


def test_a_forked_process_makes_a_key_of_its_own(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = node.sign()
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert kid_of(node.sign()) != kid_of(mine)


def test_a_key_is_published_until_its_last_authorization_expires(
    node: Node,
) -> None:
    retired = kid_of(node.sign())
    node.clock.advance((CERTIFIED_FOR + SIGNED_FOR).total_seconds() - 1)
    node.sign()
    assert retired in {key["kid"] for key in node.published()["keys"]}
    node.clock.advance(1)
    assert retired not in {key["kid"] for key in node.published()["keys"]}
    node.signer.prepare()
    with node.deps.unit_of_work() as uow:
        assert uow.published_keys.find(id=retired) is None


def test_threads_that_wait_for_one_renewal_share_its_result(node: Node) -> None:
    """Eight payments while the vault is silent wait for one timeout, not for eight in a row."""
    node.root.away = True
    arrived = threading.Barrier(8)
    refusals: list[Exception] = []
    ask = node.root.sign

    def slow(*arguments: Any, **named: Any) -> str:
        time.sleep(0.2)
        return ask(*arguments, **named)

    node.root.sign = slow  # type: ignore[method-assign]

    def pay() -> None:
        arrived.wait()
        try:
            node.sign()
        except SigningUnavailable as error:
            refusals.append(error)

    threads = [threading.Thread(target=pay) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(refusals), node.root.asked) == (8, 1)


def test_a_key_is_due_after_five_minutes() -> None:
    assert timedelta(minutes=5) == RENEWED_AFTER
    assert timedelta(minutes=15) == CERTIFIED_FOR


def test_a_root_missing_from_the_vault_is_withdrawn_and_may_come_back(node: Node) -> None:
    directory = KeyDirectory(node.deps.unit_of_work, node.clock)
    old, new = ({"kid": name, "kty": "EC"} for name in ("old", "new"))
    for keys, published in (([old], "old"), ([old, new], "newold"), ([new], "new"), ([old], "old")):
        directory.publish_roots(keys)
        assert "".join(sorted(key["kid"] for key in node.published()["keys"])) == published
