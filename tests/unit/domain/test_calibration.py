"""Only a distance that two faces can have is a threshold."""

import pytest

from tests.fakes.calibrations import calibration


@pytest.mark.parametrize("threshold", [0.001, 0.6, 1, 2])
def test_every_distance_of_two_unit_vectors_can_be_a_threshold(threshold: float) -> None:
    assert calibration(threshold=threshold).threshold == threshold


@pytest.mark.parametrize("threshold", [-0.1, 0, 2.001, float("nan"), float("inf")])
def test_a_threshold_that_matches_nobody_or_everybody_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="a threshold is a distance"):
        calibration(threshold=threshold)
