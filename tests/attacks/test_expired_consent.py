"""A consent that ended by its date leaves no face behind: not in the database, not in the vault.

Nobody withdrew, nobody came back, and the notice promised that the key is destroyed. The races are
with a payment and with a renewal of the template.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from facepay.adapters.unit_of_work import Database
from facepay.domain.audit import GENESIS, Head, verify_chain
from facepay.domain.enrolment import Enrolment
from facepay.domain.errors import FaceNotAvailable, FacepayError
from facepay.embedded.openbao_server import EmbeddedOpenBao
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.faces.end_expired_consents import end_expired_consents
from facepay.usecases.faces.renew_template import renew_template
from facepay.usecases.responses import IntentAnswer
from facepay_client import Problem, fetch_log, verify_deletion_receipt, verify_log
from tests.fakes.dependencies import fake_dependencies
from tests.fakes.scenario import Customer
from tests.fakes.scenario import Scenario as FakeScenario
from tests.fakes.vault import SECRETS_KEY
from tests.support.browser import Browser
from tests.support.databases import empty_database
from tests.support.openbao_keys import key_exists
from tests.support.people import Payer, Scenario
from tests.support.race import together
from tests.support.service import running_service

LATER = timedelta(days=365 + 434)
RACES = 30
TICK = timedelta(microseconds=1)


@pytest.fixture(scope="module")
def years(
    request: pytest.FixtureRequest,
    openbao: EmbeddedOpenBao,
    database_kind: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Scenario]:
    """Start a service whose clock may jump by years: no other test's consents end with it."""
    directory = tmp_path_factory.mktemp(f"years-{database_kind}")
    url = empty_database(request, database_kind, directory)
    with running_service(openbao, url, directory) as service:
        yield Scenario(service)


def sweep(scenario: Scenario, _payer: Payer) -> None:
    """Run `facepay sweep` as an operator's timer does."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("facepay")), "sweep"],
        env={"PATH": os.environ["PATH"], **scenario.service.settings.to_environment()},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


def claim_at_a_terminal(scenario: Scenario, payer: Payer) -> None:
    pos = scenario.pos()
    with pytest.raises(Problem) as refusal:
        pos.terminal.open_capture(pos.intent().id, payer.alias)
    assert refusal.value.code == "face_not_available"


def open_the_app(_scenario: Scenario, payer: Payer) -> None:
    listed = payer.customer.get_enrolments()
    assert [(each.state, each.key_destroyed) for each in listed] == [("revoked", True)]


def open_the_page(scenario: Scenario, payer: Payer) -> None:
    browser = Browser(scenario.service.url)
    browser.sign_in(payer)
    page = browser.get("/account").text
    browser.close()
    assert "Ended with your consent" in page
    assert "Your consent ended on" in page
    assert "The key to your stored face data is destroyed." in page


@pytest.mark.parametrize("touch", [sweep, claim_at_a_terminal, open_the_app, open_the_page])
def test_434_days_after_an_expiry_no_key_lives_and_the_receipt_verifies(
    years: Scenario, openbao: EmbeddedOpenBao, touch: Callable[[Scenario, Payer], None]
) -> None:
    payer = years.payer(face="grace")
    assert key_exists(openbao, row(years, payer).key_name)
    years.service.clock.advance(int(LATER.total_seconds()))

    touch(years, payer)

    ended = row(years, payer)
    assert (ended.state, ended.sealed_reference) == ("revoked", None)
    assert not key_exists(openbao, ended.key_name)
    token, jwks = payer.customer.get_deletion_receipt(payer.enrolment_id), years.published.jwks()
    log, issuer = fetch_log(years.published), years.service.url
    verify_log(log.leaves, log.checkpoint, jwks, expected_issuer=issuer)
    receipt = verify_deletion_receipt(
        token,
        jwks,
        log.leaves,
        expected_enrolment=payer.enrolment_id,
        expected_issuer=issuer,
    )
    assert receipt.cause == "consent_expired"
    assert (receipt.sealed_references_erased, receipt.keys_destroyed) == (1, 1)


def row(scenario: Scenario, payer: Payer) -> Enrolment:
    with scenario.service.deps.unit_of_work() as uow:
        found = uow.enrolments.find(id=payer.enrolment_id)
    assert found is not None
    return found


# Races: the consent of each payer ends while another request uses the face.


@dataclass
class Ending:
    """A customer whose consent ends at the next tick of the clock, and a payment in progress."""

    scenario: FakeScenario
    payer: Customer
    intent: IntentAnswer = field(init=False)
    credentials: Credentials = field(init=False)

    def __post_init__(self) -> None:
        clock = self.scenario.fakes.clock
        ends = clock.now + timedelta(minutes=9)
        self.scenario.consent(self.payer, expires_at=ends)
        self.scenario.begin(self.payer)
        capture = self.scenario.open_enrolment(self.payer)
        self.scenario.send(self.payer.caller, capture, self.payer.alias)
        device = self.scenario.add_device(self.payer)
        self.intent = self.scenario.show_face(self.payer)
        self.credentials = self.scenario.confirms(device, self.intent, self.payer)
        clock.now = ends - TICK

    def approve(self) -> object:
        return self.scenario.show_second_factor(self.intent, self.credentials)

    def renew(self) -> object:
        return renew_template(self.scenario.deps, self.payer.enrolment_id)

    def expire(self, after: float) -> object:
        """Let the date come after so many seconds, and sweep."""
        time.sleep(after)
        self.scenario.fakes.clock.now += TICK
        return end_expired_consents(self.scenario.deps)

    def assert_nothing_lives(self) -> None:
        with self.scenario.deps.unit_of_work() as uow:
            face = uow.enrolments.find(id=self.payer.enrolment_id)
        assert face is not None
        assert (face.state, face.sealed_reference) == ("revoked", None)
        assert face.key_destroyed_at is not None
        assert set(self.scenario.fakes.vault.keys) == {SECRETS_KEY}


def races(
    scenario: FakeScenario, rival: Callable[[Ending], object]
) -> Iterator[tuple[Ending, float]]:
    """Yield races and the seconds that the end waits, so that it meets the rival at every step."""
    alone = Ending(scenario, scenario.register("alone"))
    began = time.monotonic()
    rival(alone)
    took = time.monotonic() - began
    alone.expire(after=0)
    for number in range(RACES):
        yield Ending(scenario, scenario.register(f"payer {number}")), 2 * took * number / RACES


def test_no_payment_is_approved_after_a_sweep_that_races_with_it(database: Database) -> None:
    scenario = FakeScenario(fake_dependencies(database))
    approved = 0
    for race, lag in races(scenario, Ending.approve):
        paid, swept = together([race.approve, partial(race.expire, lag)])
        assert not isinstance(swept, FacepayError), swept
        assert isinstance(paid, IntentAnswer | FaceNotAvailable), paid
        approved += isinstance(paid, IntentAnswer)
        race.assert_nothing_lives()
        with pytest.raises(FaceNotAvailable):
            scenario.reserve(scenario.intent(), race.payer.alias)
        assert approved_after_the_end(scenario, race) is False
    assert 0 < approved < RACES, "each side wins some, or they never raced"


def test_a_renewal_that_races_with_a_sweep_leaves_no_key(database: Database) -> None:
    scenario = FakeScenario(fake_dependencies(database))
    renewed = 0
    for race, lag in races(scenario, Ending.renew):
        outcome, swept = together([race.renew, partial(race.expire, lag)])
        assert not isinstance(swept, FacepayError), swept
        renewed += outcome is None
        race.assert_nothing_lives()
    with scenario.deps.unit_of_work() as uow:
        leaves = uow.leaves.find_all(after_seq=0)
    verify_chain(leaves, start=Head("log", 0, GENESIS))
    assert sum(leaf.kind == "consent.expired" for leaf in leaves) == RACES + 1
    assert sum(leaf.kind == "template.renewed" for leaf in leaves) == renewed + 1
    assert 0 < renewed < RACES, "each side wins some, or they never raced"


def test_two_sweeps_and_a_touch_at_once_end_a_face_once(database: Database) -> None:
    scenario = FakeScenario(fake_dependencies(database))
    for number in range(RACES // 3):
        race = Ending(scenario, scenario.register(f"payer {number}"))
        scenario.fakes.clock.now += TICK

        def sweep_again() -> object:
            return end_expired_consents(scenario.deps)

        def claim(race: Ending = race) -> object:
            with suppress(FaceNotAvailable):
                return scenario.reserve(scenario.intent(), race.payer.alias)
            return None

        outcomes = together([sweep_again, claim, sweep_again])
        assert not [each for each in outcomes if isinstance(each, FacepayError)], outcomes
        race.assert_nothing_lives()
    with scenario.deps.unit_of_work() as uow:
        kinds = [leaf.kind for leaf in uow.leaves.find_all(after_seq=0)]
        events = [event.kind for event in uow.events.find_all(after_seq=0)]
    for kind in ("consent.expired", "face.revoked", "face.key_destroyed"):
        assert kinds.count(kind) == events.count(kind) == RACES // 3


def approved_after_the_end(scenario: FakeScenario, race: Ending) -> bool:
    """Return whether the log has an approval of this payment after the end of its face."""
    with scenario.deps.unit_of_work() as uow:
        leaves = uow.leaves.find_all(after_seq=0)
        openings = uow.openings.find_all(after_seq=0)
    about = {opening.seq: json.loads(opening.details) for opening in openings}
    ended = [
        leaf.seq
        for leaf in leaves
        if leaf.kind == "face.revoked" and about[leaf.seq]["enrolment"] == race.payer.enrolment_id
    ]
    assert len(ended) == 1
    return any(
        leaf.kind == "payment.approved"
        and about[leaf.seq]["intent"] == race.intent.id
        and leaf.seq > ended[0]
        for leaf in leaves
    )
