"""The numbers that decide about liveness: whole, or no start."""

from importlib.resources import files

import pytest

from facepay.face.pad.thresholds import ThresholdsError, parse_thresholds, thresholds

SHIPPED = (files("facepay.face.pad") / "thresholds.toml").read_text()


def test_the_shipped_numbers_have_a_version_and_say_what_measured_them() -> None:
    shipped = thresholds()
    assert shipped.version
    assert shipped.report.bench == "make bench-pad"
    assert thresholds() is shipped, "read once"


@pytest.mark.parametrize(
    ("found", "instead"),
    [
        ('version = "', 'versio = "'),
        ("correlation = 0.85", "correlation = -0.85"),
        ("correlation = 0.85", 'correlation = "0.85"'),
        ("correlation = 0.85", "correlation = nan"),
        ("correlation = 0.85", "correlation = true"),
        ("odds =", "# odds ="),
        ("[light]", "[light]\nmore = 1"),
        ("[depth]", "[death]"),
        ("[report]", "[[report]]"),
        ("[report]", "[report"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(found: str, instead: str) -> None:
    assert found in SHIPPED
    with pytest.raises(ThresholdsError):
        parse_thresholds(SHIPPED.replace(found, instead, 1))
