"""A dependency is unavailable: refuse, name the alternative, and recover without a restart."""

from collections.abc import Iterator

import pytest

from facepay.embedded.openbao_server import EmbeddedOpenBao
from facepay.usecases.faces.destroy_keys import destroy_pending_keys
from facepay_client import Credentials, Problem
from tests.support.lying_vault import Lie, LyingVault, Target
from tests.support.people import PASSWORD, Payer, Scenario, genuine
from tests.support.service import running_service


@pytest.fixture(scope="module")
def own_bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedOpenBao]:
    with EmbeddedOpenBao(tmp_path_factory.mktemp("own-bao")) as bao:
        yield bao


@pytest.fixture(scope="module")
def proxy(own_bao: EmbeddedOpenBao) -> Iterator[LyingVault]:
    """Stand between the service and OpenBao, as a load balancer does."""
    with LyingVault(own_bao).running() as standing:
        yield standing


@pytest.fixture(scope="module")
def scenario(proxy: LyingVault, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenario]:
    directory = tmp_path_factory.mktemp("outage")
    with running_service(proxy, f"sqlite:///{directory / 'facepay.db'}", directory) as running:
        yield Scenario(running)


@pytest.fixture(scope="module")
def grace(scenario: Scenario) -> Payer:
    return scenario.payer(face="grace")


def test_a_payment_refused_during_a_vault_outage_is_approved_afterwards(
    scenario: Scenario, own_bao: EmbeddedOpenBao, grace: Payer
) -> None:
    pos = scenario.pos()
    by_face, by_password = pos.intent(), pos.intent()
    capture = pos.capture(by_face.id, grace.alias)
    burst = pos.terminal.sign_frames(capture, genuine("grace", capture.challenge, 2))
    code = grace.code()
    own_bao.stop()
    with pytest.raises(Problem) as face:
        pos.terminal.send_body(burst, idempotency_key="frames")
    with pytest.raises(Problem) as password:
        pos.terminal.use_password(
            by_password.id, grace.alias, Credentials(PASSWORD, code), idempotency_key="password"
        )
    for error, named, action in (
        (face, "vault_unavailable", "use_another_method"),
        (password, "factor_unavailable", "use_another_factor"),
    ):
        problem = (error.value.status, error.value.code, error.value.user_action)
        assert problem == (503, named, action)
        assert error.value.retryable
    own_bao.start()
    paid = pos.terminal.use_password(
        by_password.id, grace.alias, Credentials(PASSWORD, code), idempotency_key="password"
    )
    assert paid.state == "approved"
    seen = pos.terminal.send_body(burst, idempotency_key="frames")
    assert seen.outcome == "accepted"


def test_a_face_can_be_revoked_while_the_vault_is_away(
    scenario: Scenario, own_bao: EmbeddedOpenBao
) -> None:
    pos, payer = scenario.pos(), scenario.payer(face="eileen")
    own_bao.stop()
    try:
        revoked = payer.customer.revoke_face(payer.enrolment_id, Credentials(password=PASSWORD))
        assert (revoked.state, revoked.key_destroyed) == ("revoked", False)
        with pytest.raises(Problem) as error:
            pos.capture(pos.intent().id, payer.alias)
        assert error.value.code == "face_not_available"
    finally:
        own_bao.start()
    destroyed_by_the_sweep(scenario, payer)


@pytest.mark.parametrize(
    "answer",
    [
        Lie(307, location="http://127.0.0.1:9/"),
        Lie(200, b"<html>", "text/html"),
        Lie(204),
        Lie(404, b'{"errors": []}'),
    ],
    ids=[
        "a standby redirects",
        "a proxy's page",
        "a proxy's success",
        "a proxy knows no such path",
    ],
)
def test_a_deletion_that_never_reached_openbao_gets_no_receipt(
    scenario: Scenario, proxy: LyingVault, answer: Lie
) -> None:
    payer = scenario.payer(face="eileen")
    with proxy.answering(Target("DELETE", "/keys/enrolment-"), answer):
        revoked = payer.customer.revoke_face(payer.enrolment_id, Credentials(password=PASSWORD))
        assert (revoked.state, revoked.key_destroyed) == ("revoked", False)
        with pytest.raises(Problem) as pending:
            payer.customer.get_deletion_receipt(payer.enrolment_id)
        assert (pending.value.status, pending.value.code) == (409, "deletion_pending")
    destroyed_by_the_sweep(scenario, payer)


def destroyed_by_the_sweep(scenario: Scenario, payer: Payer) -> None:
    assert destroy_pending_keys(scenario.service.deps) >= 1
    with scenario.service.deps.unit_of_work() as uow:
        enrolment = uow.enrolments.find(id=payer.enrolment_id)
    assert enrolment is not None
    assert enrolment.key_destroyed_at is not None
