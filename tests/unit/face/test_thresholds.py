"""The thresholds of liveness: the service starts only with a complete file."""

from importlib.resources import files

import pytest

from facepay.face.pad.thresholds import ThresholdsError, parse_thresholds, thresholds

SHIPPED = (files("facepay.face.pad") / "thresholds.toml").read_text()


def test_the_shipped_thresholds_name_their_version_and_measurement() -> None:
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
def test_an_incomplete_or_malformed_file_is_refused(found: str, instead: str) -> None:
    assert found in SHIPPED
    with pytest.raises(ThresholdsError):
        parse_thresholds(SHIPPED.replace(found, instead, 1))
