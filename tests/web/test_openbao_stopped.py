"""OpenBao stops under a running service: payments that continue for 15 minutes, and recovery."""

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
    """A terminal, and Grace, whose telephone signs her payments."""

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
        """Verify as an acquirer does, now, with the roots that it knew before."""
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
        """Have every worker renew its key; return the ends of the certificates."""
        self.scenario.service.clock.advance(RENEWED_AFTER_S)
        turned, until = self.now(), time.monotonic() + 60
        while len(ends := self._certified_after(turned)) < WORKERS:
            assert time.monotonic() < until, "a worker does not renew its key"
            time.sleep(0.5)
        return ends

    def _certified_after(self, moment: float) -> list[int]:
        keys = self.scenario.published.jwks()["keys"]
        certificates = [key["certificate"] for key in keys if "certificate" in key]
        claims_of_all = [
            json.loads(jws.extract_compact(each.encode()).payload) for each in certificates
        ]
        return [claims["exp"] for claims in claims_of_all if claims["iat"] >= int(moment)]


@pytest.fixture(scope="module")
def shop(scenario: Scenario) -> Shop:
    payer = scenario.payer(face="grace")
    keys = scenario.published.jwks()["keys"]
    roots = [key["kid"] for key in keys if "certificate" not in key]
    return Shop(scenario, scenario.pos(), payer, payer.add_device(), roots)


def refusal(error: pytest.ExceptionInfo[Problem]) -> tuple[int, str, str, bool]:
    problem = error.value
    return problem.status, problem.code, problem.user_action, problem.retryable


FACE_AWAY = (503, "vault_unavailable", "use_another_method", True)
CODES_AWAY = (503, "factor_unavailable", "use_another_factor", True)
NOTHING_SIGNED = (503, "signing_unavailable", "use_another_method", True)


def test_a_device_key_pays_for_15_minutes_without_openbao_and_faces_pay_again_afterwards(
    shop: Shop, own_bao: EmbeddedOpenBao
) -> None:
    """Stop OpenBao, and start it again after the certificates of the node keys expired.

    Meanwhile face payments are refused with "use another method", and one-time codes with "use
    another factor". Password and device key pay, and their authorizations verify offline, for the
    15 minutes of a certificate. Then every payment is refused with a clear problem. After the
    outage faces pay again without a restart.
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
        # The password and the telephone pay the same payment.
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
    shop.verify(paid_by_face(shop))
    assert shop.scenario.service.worker_pids() == workers


def paid_by_face(shop: Shop) -> Intent:
    intent = shop.pos.intent()
    shop.scenario.show_face(shop.pos, intent, shop.payer, "grace")
    return shop.pos.terminal.send_code(intent.id, shop.payer.code())


def refused_by_code(shop: Shop) -> None:
    with pytest.raises(Problem) as error:
        shop.pos.terminal.use_password(
            shop.pos.intent().id, shop.payer.alias, Credentials(PASSWORD, shop.payer.same_code())
        )
    assert refusal(error) == CODES_AWAY
