"""The outbox on both databases contains an event exactly if its change was committed."""

import pytest

from facepay.adapters.unit_of_work import Database
from facepay.domain.event import Event
from facepay.usecases.payments import record_decision as deciding
from tests.fakes.dependencies import fake_dependencies
from tests.fakes.scenario import Scenario


def all_events(database: Database) -> list[Event]:
    with database() as uow:
        return uow.events.find_all(after_seq=0)


def test_a_change_that_is_rolled_back_causes_no_event(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = Scenario(fake_dependencies(database))
    ada = scenario.enrol("ada")
    intent, code = scenario.show_face(ada), scenario.code_of(ada)
    before = all_events(database)

    def dies(*_: object, **__: object) -> None:
        assert len(_kinds_in(database, _[1])) == len(before) + 1
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(deciding, "append_leaf", dies)
        with pytest.raises(KeyboardInterrupt):
            scenario.enter_code(intent, code)
    assert all_events(database) == before
    with database() as uow:
        intent_row = uow.intents.find(id=intent.id)
    assert intent_row is not None
    assert intent_row.state == "awaiting_second_factor"


def _kinds_in(database: Database, uow: object) -> list[str]:
    events: list[Event] = uow.events.find_all(after_seq=0)  # type: ignore[attr-defined]
    return [event.kind for event in events]


def test_events_are_numbered_in_the_order_of_their_changes(database: Database) -> None:
    scenario = Scenario(fake_dependencies(database))
    ada = scenario.enrol("ada")
    intent = scenario.show_face(ada, "bob")
    scenario.enter_code(intent, scenario.code_of(ada))
    scenario.send(scenario.terminal, scenario.open_payment(intent, "ada"), "ada")
    scenario.enter_code(intent, scenario.code_of(ada))
    of_this = [event for event in all_events(database) if event.payment == intent.id]
    assert [e.kind for e in of_this if e.kind.startswith("payment.")] == [
        "payment.declined",
        "payment.approved",
    ]
    numbers = [event.seq for event in all_events(database)]
    assert numbers == sorted(set(numbers))
    assert 0 not in numbers
