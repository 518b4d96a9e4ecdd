"""A challenge asks for steps and light that no earlier recording can contain."""

from collections import Counter
from itertools import pairwise

import pytest

from facepay.domain.challenge import (
    SLOT_MS,
    SLOTS,
    Challenge,
    Colour,
    Profile,
    Step,
    draw_challenge,
    require_liveness_possible,
)
from facepay.domain.errors import LivenessNotPossible

DRAWN = 3000


@pytest.mark.parametrize("profile", [Profile.STANDARD, Profile.NO_LIGHT])
def test_everybody_is_asked_to_turn_and_to_come_closer_once(profile: Profile) -> None:
    for _ in range(300):
        steps = draw_challenge(profile).steps
        assert len(steps) == 3
        assert steps.count(Step.CLOSER) == 1
        assert any(step.turns for step in steps)


def test_every_sequence_of_steps_comes_about_as_often_as_any_other() -> None:
    drawn = Counter(draw_challenge(Profile.NO_LIGHT).steps for _ in range(DRAWN))
    assert len(drawn) == 36
    expected = DRAWN / 36
    # 36 counts around 83 with a deviation of 9: none is 60 off by chance.
    assert all(abs(count - expected) < 60 for count in drawn.values()), drawn


def test_the_light_never_shows_a_colour_twice_in_a_row_however_long_it_runs() -> None:
    for _ in range(300):
        light = draw_challenge(Profile.STANDARD).light
        assert len(light) == SLOTS
        assert all(one != other for one, other in pairwise([*light, *light]))


def test_no_light_looks_like_itself_begun_at_another_slot() -> None:
    """A light that does also fits light of another time: its payer would be refused."""
    for _ in range(300):
        light = draw_challenge(Profile.STANDARD).light
        for slots in range(1, SLOTS):
            shifted = light[slots:] + light[:slots]
            assert sum(one == other for one, other in zip(light, shifted, strict=True)) <= 3


def test_no_light_can_be_predicted() -> None:
    lights = {draw_challenge(Profile.STANDARD).light for _ in range(300)}
    assert len(lights) > 295
    assert {colour for light in lights for colour in light} == set(Colour)


def test_a_payer_without_light_is_shown_none() -> None:
    challenge = draw_challenge(Profile.NO_LIGHT)
    assert challenge.light == ()
    assert challenge.colour_at(0) is None


def test_a_payer_who_cannot_move_gets_no_weaker_check() -> None:
    for refuse in (require_liveness_possible, draw_challenge):
        with pytest.raises(LivenessNotPossible):
            refuse(Profile.NO_MOTION)


@pytest.mark.parametrize(
    ("since_first_ms", "colour"),
    [(0, "red"), (329, "red"), (330, "green"), (880, "blue"), (1320, "red"), (13_200, "red")],
)
def test_the_colour_of_a_moment_follows_from_the_time_since_the_first_frame(
    since_first_ms: int, colour: str
) -> None:
    assert SLOT_MS == 440
    light = (Colour.RED, Colour.GREEN, Colour.BLUE)
    assert Challenge(Profile.STANDARD, (), light).colour_at(since_first_ms) == colour
