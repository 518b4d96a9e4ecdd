"""Races on both databases: simultaneous requests take effect in some one order."""

import json
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from facepay.adapters.migrate import migrate
from facepay.adapters.unit_of_work import Database
from facepay.domain.attempts import Channel
from facepay.domain.audit import GENESIS, Head, Leaf, verify_chain
from facepay.domain.enrolment import Enrolment, EnrolmentState
from facepay.domain.errors import FaceNotAvailable, InProgress, NonceReplayed
from facepay.domain.payment import Intent, IntentState
from facepay.usecases.authentication.client_keys import use_nonce
from facepay.usecases.authentication.credentials import Credentials, VerifiedCredentials
from facepay.usecases.authentication.verify_credentials import check_factors
from facepay.usecases.faces.lock import lock_face
from facepay.usecases.faces.revoke import revoke_face
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.operators.register import register_merchant
from facepay.usecases.payments.authorize import submit_second_factor
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.responses import EnrolmentAnswer, IntentAnswer, Registered
from tests.fakes.dependencies import fake_dependencies
from tests.fakes.scenario import PASSWORD, WRONG_CODE, Customer, Scenario, key
from tests.support.race import together

Outcome = IntentAnswer | EnrolmentAnswer

RACES = 100
THREADS = 20


def test_twenty_retries_at_once_register_one_merchant(database: Database) -> None:
    fakes = fake_dependencies(database)
    scenario = Scenario(fakes)
    command, public_key = scenario.command(scenario.operator), key()

    def register() -> Registered:
        return register_merchant(scenario.deps, command, "another shop", public_key)

    outcomes = together([register] * THREADS)
    answers = {outcome for outcome in outcomes if isinstance(outcome, Registered)}
    refusals = {type(outcome) for outcome in outcomes if not isinstance(outcome, Registered)}
    assert len(answers) == 1
    assert refusals <= {InProgress}
    assert register() in answers
    with database() as uow:
        assert [each.name for each in uow.merchants.find_all(name="another shop")] == [
            "another shop"
        ]


def test_a_nonce_is_accepted_once_however_many_send_it(database: Database) -> None:
    deps = fake_dependencies(database).deps
    outcomes = together([lambda: use_nonce(deps, "keyid", "a nonce")] * THREADS)
    kinds = Counter(type(outcome) for outcome in outcomes)
    assert kinds == {type(None): 1, NonceReplayed: THREADS - 1}


def test_the_log_stays_one_chain_under_many_writers(database: Database) -> None:
    deps = fake_dependencies(database).deps

    def append_ten() -> None:
        for _ in range(10):
            with deps.unit_of_work() as uow:
                append_leaf(deps, uow, "test.leaf")
                uow.commit()

    assert together([append_ten] * 8) == [None] * 8
    leaves = leaves_of(database)
    end = verify_chain(leaves, start=Head("log", 0, GENESIS))
    assert end.size == len(leaves) == 80
    with database() as uow:
        assert uow.heads.find(id="log") == end


def leaves_of(database: Database) -> list[Leaf]:
    with database() as uow:
        return uow.leaves.find_all(after_seq=0)


def test_simultaneous_guesses_do_not_exceed_five(database: Database) -> None:
    fakes = fake_dependencies(database)
    scenario = Scenario(fakes)
    scenario.register("ada")
    with database() as uow:
        ada = uow.customers.find(alias="ada")
    credentials, now = Credentials(PASSWORD, WRONG_CODE), fakes.clock.now

    def guess() -> VerifiedCredentials:
        return check_factors(scenario.deps, ada, credentials, Channel.TERMINAL, at=now)

    outcomes = together([guess] * THREADS)
    assert sum(not outcome.blocked for outcome in outcomes) == 5


def test_one_code_entered_at_many_terminals_at_once_pays_once(database: Database) -> None:
    fakes = fake_dependencies(database)
    scenario = Scenario(fakes)
    ada = scenario.register("ada")
    intents = [scenario.intent() for _ in range(5)]
    credentials = Credentials(PASSWORD, scenario.code_of(ada))

    def pay(intent: IntentAnswer) -> IntentAnswer:
        return scenario.pay_by_password(intent, "ada", credentials)

    outcomes = together([lambda intent=intent: pay(intent) for intent in intents])
    states = Counter(getattr(outcome, "state", outcome) for outcome in outcomes)
    assert states == {"approved": 1, "declined": 4}
    assert len(fakes.signer.signed) >= 1
    with database() as uow:
        assert len(uow.authorizations.find_all()) == 1


def test_a_worker_that_lost_its_lease_changes_nothing(
    database: Database,
) -> None:
    fakes = fake_dependencies(database)
    command = Scenario(fakes).command(Scenario(fakes).operator)
    done: list[str] = []

    def work(name: str, lease: Lease) -> Registered:
        if name == "slow":
            fakes.clock.advance(10)  # its lease has expired; another worker does it all
            run_idempotent(fakes.deps, command, Registered, lambda other: work("quick", other))
        with fakes.deps.unit_of_work() as uow:
            answer = Registered(name, "keyid")
            append_leaf(fakes.deps, uow, f"test.{name}")
            lease.answer(uow, answer)
            uow.commit()
        done.append(name)
        return answer

    outcome = together(
        [lambda: run_idempotent(fakes.deps, command, Registered, lambda c: work("slow", c))]
    )
    assert [type(each) for each in outcome] == [InProgress]
    assert done == ["quick"]
    assert [leaf.kind for leaf in leaves_of(database) if leaf.kind.startswith("test.")] == [
        "test.quick"
    ]
    again = run_idempotent(fakes.deps, command, Registered, lambda c: work("again", c))
    assert again == Registered("quick", "keyid")


@pytest.mark.parametrize("end", [EnrolmentState.REVOKED, EnrolmentState.LOCKED])
def test_no_approval_follows_an_acknowledged_revocation_or_lock(
    database: Database, end: EnrolmentState
) -> None:
    fakes = fake_dependencies(database)
    scenario = Scenario(fakes)
    ada = scenario.enrol("ada")
    pairs = many_faces_about_to_pay(scenario, ada, database)
    approvals = 0
    for number, (intent, enrolment) in enumerate(pairs):
        pay, leave = approving(scenario, ada, intent), leaving(scenario, ada, enrolment, end)
        # Each race uses another delay, so that the two requests overlap at every possible step.
        lag = (number % 25) * 0.0004
        acts = [pay, delayed(leave, lag)] if number % 2 else [delayed(pay, lag), leave]
        before = log_size(database)
        paid, left = together(acts)
        assert isinstance(left, EnrolmentAnswer)
        assert (left.state, left.key_destroyed) == (end, end is EnrolmentState.REVOKED)
        assert isinstance(paid, IntentAnswer | FaceNotAvailable), paid
        approved = isinstance(paid, IntentAnswer)
        check_rows_and_log(database, intent, enrolment, after=before, approved=approved, left=end)
        approvals += approved
    verify_chain(leaves_of(database), start=Head("log", 0, GENESIS))
    with database() as uow:
        assert len(uow.authorizations.find_all()) == approvals


def log_size(database: Database) -> int:
    with database() as uow:
        head = uow.heads.find(id="log")
    return head.size if head else 0


def many_faces_about_to_pay(
    scenario: Scenario, payer: Customer, database: Database
) -> list[tuple[Intent, Enrolment]]:
    """Copy one intent that waits for its code, each copy with an enrolment of its own."""
    waiting = scenario.show_face(payer)
    pairs = []
    with database() as uow:
        intent, enrolment = (
            uow.intents.find(id=waiting.id),
            uow.enrolments.find(id=payer.enrolment_id),
        )
        assert intent is not None
        assert enrolment is not None
        for number in range(RACES):
            face = replace(enrolment, id=f"enr_{number}")
            scenario.fakes.vault.create_key(face.key_name)
            uow.enrolments.add(face)
            payment = replace(
                intent,
                id=f"pi_{number}",
                enrolment_id=face.id,
                expires_at=intent.expires_at + timedelta(days=1),
            )
            uow.intents.add(payment)
            pairs.append((payment, face))
        uow.commit()
    return pairs


def approving(scenario: Scenario, payer: Customer, intent: Intent) -> Callable[[], Outcome]:
    credentials = Credentials(code=scenario.code_of(payer))
    command = scenario.command(scenario.terminal)
    return lambda: submit_second_factor(scenario.deps, command, intent.id, credentials)


def leaving(
    scenario: Scenario, payer: Customer, enrolment: Enrolment, end: EnrolmentState
) -> Callable[[], Outcome]:
    command = scenario.command(payer.caller)
    credentials = Credentials(password=PASSWORD)
    leave = revoke_face if end is EnrolmentState.REVOKED else lock_face
    return lambda: leave(scenario.deps, command, enrolment.id, credentials)


def delayed(act: Callable[[], Outcome], seconds: float) -> Callable[[], Outcome]:
    def later() -> Outcome:
        time.sleep(seconds)
        return act()

    return later


def check_rows_and_log(
    database: Database,
    intent: Intent,
    enrolment: Enrolment,
    *,
    after: int,
    approved: bool,
    left: EnrolmentState,
) -> None:
    """Assert that rows match answers, and approvals in the log precede the face's end."""
    with database() as uow:
        ended = uow.intents.find(id=intent.id)
        face = uow.enrolments.find(id=enrolment.id)
        authorization = uow.authorizations.find(intent_id=intent.id)
        openings = uow.openings.find_all(after_seq=after)
    assert ended is not None
    assert face is not None
    assert face.state is left
    assert ended.state is (IntentState.APPROVED if approved else IntentState.REVOKED)
    assert (authorization is not None) == approved
    if approved:
        written = [json.loads(opening.details) for opening in openings]
        paid_at = [each.get("intent") for each in written].index(intent.id)
        left_at = [each.get("enrolment") for each in written].index(enrolment.id)
        assert paid_at < left_at


def test_rows_that_refer_to_a_locked_one_do_not_wait_for_it(postgres_url: str) -> None:
    """Enrolling locks the customer while a capture of theirs is stored; that once deadlocked."""
    migrate(postgres_url)
    database = Database(postgres_url)
    scenario = Scenario(fake_dependencies(database))
    ada = scenario.enrol("ada")
    with database() as uow:
        enrolment = uow.enrolments.find(customer_id=ada.caller.subject_id)
    assert enrolment is not None
    again = replace(enrolment, id="enr_" + "0" * 32, state=EnrolmentState.PENDING)
    with ThreadPoolExecutor(1) as pool, database() as holder:
        assert holder.customers.lock(ada.caller.subject_id) is not None
        stored = pool.submit(add_enrolment, database, again)
        assert stored.result(timeout=10) == again.id
    database.engine.dispose()


def add_enrolment(database: Database, enrolment: Enrolment) -> str:
    with database() as uow:
        uow.enrolments.add(enrolment)
        uow.commit()
    return enrolment.id
