"""Serial tests run alone; the tallies of several workers are added up."""

import threading
from pathlib import Path

from tests.support.tally import Tally
from tests.support.turns import Turns

SECONDS = 0.3  # long enough to see that nobody enters


def entered(turns: Turns, *, alone: bool) -> tuple[threading.Thread, threading.Event]:
    """Start a test in another thread, with locks of its own as another worker has them."""
    began = threading.Event()

    def run() -> None:
        with Turns(turns.directory).take(alone=alone):
            began.set()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, began


def test_ordinary_tests_run_beside_each_other() -> None:
    turns = Turns()
    with turns.take(alone=False):
        thread, began = entered(turns, alone=False)
        assert began.wait(30)
    thread.join()
    turns.remove()


def test_a_serial_test_waits_for_the_others_and_they_for_it() -> None:
    turns = Turns()
    with turns.take(alone=False):
        serial, serial_began = entered(turns, alone=True)
        assert not serial_began.wait(SECONDS)
    assert serial_began.wait(30)
    serial.join()
    with turns.take(alone=True):
        ordinary, ordinary_began = entered(turns, alone=False)
        assert not ordinary_began.wait(SECONDS)
    assert ordinary_began.wait(30)
    ordinary.join()
    turns.remove()


def test_serial_tests_in_a_row_keep_their_turn_and_the_last_gives_it_back() -> None:
    turns = Turns()
    with turns.take(alone=True, keep=True):
        ordinary, began = entered(turns, alone=False)
    assert not began.wait(SECONDS)
    with turns.take(alone=True):
        assert not began.wait(SECONDS)
    assert began.wait(30)
    ordinary.join()
    turns.remove()


def test_only_the_maker_of_the_lock_directory_removes_it() -> None:
    turns = Turns()
    Turns(turns.directory).remove()
    assert turns.directory.is_dir()
    turns.remove()
    assert not Path(turns.directory).exists()


def test_tallies_are_added_up_and_tests_left_out_by_all_count_once() -> None:
    tally = Tally()
    tally.add_counts({"tests": 3, "SQLite": 2, "left out": 8})
    tally.add_counts({"tests": 4, "real HTTP": 1, "left out": 8})
    assert tally.line() == (
        "facepay: 7 tests ran; against OpenBao 0, PostgreSQL 0, SQLite 2, real HTTP 1"
    )
    assert tally.left_out == 8
