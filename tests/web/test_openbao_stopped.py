"""OpenBao stopped under a running service: what goes on for 15 minutes, and what comes back."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from joserfc import jws

from facepay.embedded.openbao_server import EmbeddedOpenBao
from facepay_client import (
    Credentials,
    Intent,
    KeyPair,
    Problem,
    sign_confirmation,
    verify_authorization,
)
from tests.support.people import PASSWORD, Payer, PointOfSale, Scenario, genuine
from tests.support.service import WORKERS, running_service

RENEWED_AFTER_S = 5 * 60


@pytest.fixture(scope="module")
def own_bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedOpenBao]:
    with EmbeddedOpenBao(tmp_path_factory.mktemp("own-bao")) as bao:
        yield bao


@pytest.fixture(scope="module")
def scenario(
    own_bao: EmbeddedOpenBao, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scenario]:
    directory = tmp_path_factory.mktemp("stopped")
    with running_service(own_bao, f"sqlite:///{directory / 'facepay.db'}", directory) as running:
        yield Scenario(running)


@dataclass
class Shop:
    """A till, and Grace, whose telephone signs what she pays."""

    scenario: Scenario
    pos: PointOfSale
    payer: Payer
    phone: KeyPair
    roots: list[str]

    def now(self) -> float:
        return self.scenario.service.clock.now().timestamp()

    def turn_to(self, moment: float) -> None:
        assert moment > self.now(), "the machine was too slow for this test"
        self.scenario.service.clock.advance(int(moment - self.now()) + 1)

    def pay_by_device(self, intent: Intent, *, idempotency_key: str | None = None) -> Intent:
        seen = self.payer.customer.get_intent(intent.id)
        signed = sign_confirmation(self.phone, seen, now=self.now())
        return self.pos.terminal.use_password(
            intent.id,
            self.payer.alias,
            Credentials(PASSWORD, confirmation=signed),
            idempotency_key=idempotency_key,
        )

    def verify(self, paid: Intent) -> None:
        """As an acquirer does it, now, and trusting the roots it knew before."""
        assert (paid.state, paid.authorization is not None) == ("approved", True)
        verify_authorization(
            paid.authorization or "",
            jwks=self.scenario.published.jwks(),
            expected_issuer=self.scenario.service.url,
            expected_merchant=self.pos.merchant_id,
            expected_amount_minor=paid.amount_minor,
            expected_currency=paid.currency,
            expected_order_ref=paid.order_ref,
            expected_root_thumbprints=self.roots,
            now=self.now(),
        )

    def freshly_certified(self) -> list[int]:
        """Have every worker renew its key; when the certificates run out."""
        self.scenario.service.clock.advance(RENEWED_AFTER_S)
        turned, until = self.now(), time.monotonic() + 60
        while len(ends := self._certified_after(turned)) < WORKERS:
            assert time.monotonic() < until, "a worker does not renew its key"
            time.sleep(0.5)
        return ends

    def _certified_after(self, moment: float) -> list[int]:
        keys = self.scenario.published.jwks()["keys"]
        certificates = [key["certificate"] for key in keys if "certificate" in key]
        told = [json.loads(jws.extract_compact(each.encode()).payload) for each in certificates]
        return [claims["exp"] for claims in told if claims["iat"] >= int(moment)]


@pytest.fixture(scope="module")
def shop(scenario: Scenario) -> Shop:
    payer = scenario.payer(face="grace")
    keys = scenario.published.jwks()["keys"]
    roots = [key["kid"] for key in keys if "certificate" not in key]
    return Shop(scenario, scenario.pos(), payer, payer.add_device(), roots)


def refusal(error: pytest.ExceptionInfo[Problem]) -> tuple[int, str, str, bool]:
    told = error.value
    return told.status, told.code, told.user_action, told.retryable


FACE_AWAY = (503, "vault_unavailable", "use_another_method", True)
CODES_AWAY = (503, "factor_unavailable", "use_another_factor", True)
NOTHING_SIGNED = (503, "signing_unavailable", "use_another_method", True)


def test_openbao_stopped_a_device_key_pays_for_15_minutes_and_all_comes_back_without_a_restart(
    shop: Shop, own_bao: EmbeddedOpenBao
) -> None:
    """OpenBao stopped: face payments answer "use another method", TOTP answers "use another
    factor", password + device-key payments are approved and their authorizations verify offline
    for the 15 minutes of the node key's certificate, then everything is refused with a clear
    problem; OpenBao back: face works again without a restart.
    """
    pos, payer, workers = shop.pos, shop.payer, shop.scenario.service.worker_pids()
    ends = shop.freshly_certified()
    by_face = pos.intent()
    capture = pos.capture(by_face.id, payer.alias)
    burst = pos.terminal.sign_frames(capture, genuine("grace", capture.challenge, 2))

    own_bao.stop()
    try:
        with pytest.raises(Problem) as error:
            pos.terminal.send_body(burst)
        assert refusal(error) == FACE_AWAY
        refused_by_code(shop)
        # The same payment goes on by password and the telephone.
        shop.verify(shop.pay_by_device(by_face))

        shop.turn_to(min(ends) - 60)
        last = [shop.pay_by_device(pos.intent()) for _ in range(2 * WORKERS)]
        for paid in last:
            shop.verify(paid)

        shop.turn_to(max(ends))
        lost = pos.intent()
        for _ in range(2 * WORKERS):
            with pytest.raises(Problem) as error:
                shop.pay_by_device(lost)
            assert refusal(error) == NOTHING_SIGNED
        refused_by_code(shop)
        assert pos.terminal.get_intent(lost.id).state == "created", "and nothing is approved"
        for paid in last:  # what was signed in time holds for as long as it says
            shop.verify(paid)
    finally:
        own_bao.start()

    shop.verify(shop.pay_by_device(lost))
    by_face = pos.intent()
    shop.scenario.show_face(pos, by_face, payer, "grace")
    shop.verify(pos.terminal.send_code(by_face.id, payer.code()))
    assert shop.scenario.service.worker_pids() == workers


def refused_by_code(shop: Shop) -> None:
    with pytest.raises(Problem) as error:
        shop.pos.terminal.use_password(
            shop.pos.intent().id, shop.payer.alias, Credentials(PASSWORD, shop.payer.same_code())
        )
    assert refusal(error) == CODES_AWAY
