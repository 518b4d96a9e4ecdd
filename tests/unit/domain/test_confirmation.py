"""A confirmation is valid for a limited time and only for exactly its payment."""

from datetime import UTC, datetime
from typing import Any

import pytest

from facepay.domain.confirmation import AHEAD, GOOD_FOR, claims_match, request_claims

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOW = int(AT.timestamp())
EXPECTED = request_claims("POST /v1/enrolments", "key 1")


@pytest.mark.parametrize(
    ("issued", "holds"),
    [
        (NOW, True),
        (NOW - GOOD_FOR, True),
        (NOW - GOOD_FOR - 1, False),
        (NOW + AHEAD, True),
        (NOW + AHEAD + 1, False),
        (10**400, False),
        (-(10**400), False),
        (float(NOW), False),
        (True, False),
        (str(NOW), False),
        (None, False),
    ],
)
def test_a_confirmation_is_valid_from_ten_minutes_before_to_a_minute_ahead(
    issued: Any, holds: bool
) -> None:
    assert claims_match({**EXPECTED, "iat": issued}, EXPECTED, AT) is holds


def test_a_confirmation_without_a_time_is_refused() -> None:
    assert not claims_match(EXPECTED, EXPECTED, AT)
