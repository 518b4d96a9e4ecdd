"""Node keys with a real OpenBao and a real database: rotation, outage, and two workers."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from joserfc import jws

from facepay.adapters.key_directory import KeyDirectory
from facepay.adapters.node_signer import NodeSigner
from facepay.adapters.openbao_answers import data_in
from facepay.adapters.openbao_session import OpenBaoSession
from facepay.adapters.transit_signer import TransitSigner
from facepay.adapters.unit_of_work import Database
from facepay.domain.errors import SigningUnavailable
from facepay.domain.published_key import PublishedKey
from facepay.embedded.openbao_server import EmbeddedOpenBao
from facepay_client import VerificationFailed
from facepay_client.trust import verify_by_node, verify_by_root
from tests.integration import openbao_fixture
from tests.integration.openbao_fixture import administer
from tests.support.clock import TurnableClock

openbao = openbao_fixture.openbao

TYP = "facepay-authorization+jwt"
ISSUER = "https://pay.example"


class Worker:
    """The signer of one worker process, with its database and clock."""

    def __init__(self, session: OpenBaoSession, database: Database, clock: TurnableClock) -> None:
        directory = KeyDirectory(database, clock)
        self.clock = clock
        self.root = TransitSigner(session, directory.publish_roots)
        self.node = NodeSigner(
            self.root, directory, clock, issuer=ISSUER, signed_for=timedelta(minutes=15)
        )

    def sign(self) -> str:
        now = int(self.clock().timestamp())
        return self.node.sign({"iat": now, "exp": now + 900}, typ=TYP)


@pytest.fixture
def clock(tmp_path: Path) -> TurnableClock:
    return TurnableClock(tmp_path / "clock")


@pytest.fixture
def new_worker(
    openbao: EmbeddedOpenBao, database: Database, clock: TurnableClock
) -> Iterator[Callable[[], Worker]]:
    sessions = []

    def make() -> Worker:
        sessions.append(openbao_fixture.session_with(openbao))
        return Worker(sessions[-1], database, clock)

    yield make
    for session in sessions:
        session.close()


def published(database: Database, at: datetime) -> dict[str, list[dict[str, str]]]:
    with database() as uow:
        keys: list[PublishedKey] = uow.published_keys.find_all()
    return {"keys": [key.as_member() for key in keys if key.is_published(at)]}


def kid_of(token: str) -> str:
    return str(jws.extract_compact(token.encode()).headers()["kid"])


def test_every_worker_has_a_key_of_its_own_under_the_one_root(
    new_worker: Callable[[], Worker], database: Database, clock: TurnableClock
) -> None:
    tokens = [new_worker().sign() for _ in range(3)]
    assert len({kid_of(token) for token in tokens}) == 3
    keys = published(database, clock())
    assert len([key for key in keys["keys"] if "certificate" not in key]) >= 1
    for token in tokens:
        assert verify_by_node(token, keys, TYP, expected_issuer=ISSUER)


def test_a_rotated_root_is_published_before_it_signs_and_the_old_one_still_verifies(
    openbao: EmbeddedOpenBao,
    new_worker: Callable[[], Worker],
    database: Database,
    clock: TurnableClock,
) -> None:
    one, other = new_worker(), new_worker()
    before = one.sign()
    old = one.root.sign({"size": 0}, typ="t")
    other.root.prepare()
    administer(openbao, "transit/keys/authorizations/rotate", {})
    new = other.root.sign({"size": 1}, typ="t")  # it still has the old key set
    keys = published(database, clock())
    assert verify_by_root(old, keys, "t") != verify_by_root(new, keys, "t")
    assert verify_by_node(before, keys, TYP, expected_issuer=ISSUER)


def test_a_withdrawn_root_version_verifies_nothing(
    openbao: EmbeddedOpenBao,
    new_worker: Callable[[], Worker],
    database: Database,
    clock: TurnableClock,
) -> None:
    old = new_worker().root.sign({"size": 0}, typ="t")
    administer(openbao, "transit/keys/authorizations/rotate", {})
    administer(
        openbao,
        "transit/keys/authorizations/config",
        {"min_decryption_version": _latest(openbao), "min_encryption_version": 0},
    )
    new = new_worker().root.sign({"size": 1}, typ="t")
    keys = published(database, clock())
    assert verify_by_root(new, keys, "t")
    with pytest.raises(VerificationFailed):
        verify_by_root(old, keys, "t")


def _latest(openbao: EmbeddedOpenBao) -> int:
    session = openbao_fixture.session_with(openbao)
    data = session.call(
        lambda client: client.secrets.transit.read_key(
            name="authorizations", mount_point="transit"
        ),
        data_in,
    )
    session.close()
    return int(data["latest_version"])


def test_signing_survives_an_outage_of_15_minutes_and_the_key_is_renewed_afterwards(
    openbao: EmbeddedOpenBao,
    new_worker: Callable[[], Worker],
    database: Database,
    clock: TurnableClock,
) -> None:
    worker = new_worker()
    worker.sign()
    openbao.stop()
    try:
        clock.advance(14 * 60)
        last = worker.sign()
        assert verify_by_node(last, published(database, clock()), TYP, expected_issuer=ISSUER)
        clock.advance(60)
        with pytest.raises(SigningUnavailable):
            worker.sign()
    finally:
        openbao.start()
    fresh = worker.sign()
    assert verify_by_node(fresh, published(database, clock()), TYP, expected_issuer=ISSUER)


def test_a_key_is_renewed_in_the_background_before_any_request_waits(
    new_worker: Callable[[], Worker], clock: TurnableClock
) -> None:
    worker = new_worker()
    first = kid_of(worker.sign())
    worker.node.keep_certified()
    clock.advance(4 * 60)
    time.sleep(2.5)
    assert kid_of(worker.sign()) == first
    clock.advance(61)
    until = time.monotonic() + 20
    while kid_of(worker.sign()) == first:
        assert time.monotonic() < until, "not renewed"
        time.sleep(0.2)
