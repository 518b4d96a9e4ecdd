"""Renders kept on disk, and the short list of challenges they are made for."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from facepay.domain.challenge import SLOTS, Profile, Step
from facepay_rehearsal.renderer.shots import Shot
from tests.support import renders
from tests.support.challenges import challenges

SHOTS = [Shot(b"jpeg 1", 0, 1000, "red"), Shot(b"jpeg 2", 1, 1220, None)]


@pytest.fixture(autouse=True)
def directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Return an empty cache folder for one test; other tests remember nothing of it."""
    monkeypatch.setenv(renders.DIRECTORY, str(tmp_path))
    for known in (renders._folder, renders.rendered):
        known.cache_clear()
    yield tmp_path
    for known in (renders._folder, renders.rendered):
        known.cache_clear()


def test_a_render_is_made_once_and_read_as_it_was_made() -> None:
    made = []

    def make(portrait: str, steps: tuple[str, ...], seed: int) -> list[Shot]:
        made.append((portrait, seed))
        return SHOTS

    for seed in (1, 1, 2):
        renders.rendered.cache_clear()
        assert renders.rendered(make, "grace", ("closer",), seed) == SHOTS
    assert made == [("grace", 1), ("grace", 2)]


def test_the_verdict_on_a_render_is_kept() -> None:
    judged = []

    def make(portrait: str, seed: int) -> list[Shot]:
        return SHOTS

    def judge(shots: object) -> bool:
        judged.append(shots)
        return False

    assert not renders.passes(judge, make, "grace", 1)
    assert not renders.passes(judge, make, "grace", 1)
    assert len(judged) == 1


def test_only_renders_of_the_public_domain_portraits_are_kept(directory: Path) -> None:
    with pytest.raises(ValueError, match="public-domain"):
        renders.rendered(lambda portrait: SHOTS, "somebody")
    assert not list(directory.rglob("*.zip"))


@pytest.mark.parametrize("profile", [Profile.STANDARD, Profile.NO_LIGHT])
def test_the_domain_could_have_drawn_every_challenge_of_the_list(profile: Profile) -> None:
    for challenge in challenges(profile):
        assert len(challenge.steps) == 3
        assert challenge.steps.count(Step.CLOSER) == 1
        assert any(step.turns for step in challenge.steps)
        light = challenge.light
        assert len(light) == (SLOTS if profile is Profile.STANDARD else 0)
        assert all(one != other for one, other in pairwise([*light, *light]))
        for slots in range(1, len(light)):
            shifted = light[slots:] + light[:slots]
            assert sum(one == other for one, other in zip(light, shifted, strict=True)) <= 3
