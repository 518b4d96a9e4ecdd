"""The old password pays on after its change, and other credentials after they were withdrawn.

A password that is changed while a payment is being verified must not pay once the change has been
answered. tests/unit/usecases/test_changed_in_between.py tries the same with every credential and
every use case, at the exact moment; `make bench-stale` races 1,000 times on each database.
"""

from facepay.adapters.unit_of_work import Database
from tests.support.password_race import PasswordRaces

RACES = 40


def test_the_old_password_pays_nothing_after_its_change(database: Database) -> None:
    races = PasswordRaces(database)
    results = [races.run() for _ in range(RACES)]
    late = [late for race in results for late in race.late_ms]
    assert late == [], "milliseconds after the change had been answered"
    assert sum(race.approved for race in results) > 0, "some pay before the change"
    assert sum(race.declined for race in results) > 0, "some come after it"
