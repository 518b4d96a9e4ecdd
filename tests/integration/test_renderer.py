"""Rendered captures show each cue that the liveness bench relies on.

Measured on the two public-domain portraits with the service's own five points. A rendered head that
passes says nothing about people; one that lacks a cue would make a bench call a signal useless.
"""

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from facepay.face.detection.detect import centred, find_faces, find_near
from facepay.face.detection.landmarks import Points, eye_width, find_points, yaw
from facepay.face.frames.decode import to_grey
from facepay.face.observe import SentFrame, observe
from facepay_rehearsal.attacks.others import a_challenge, another_challenge, another_light
from facepay_rehearsal.renderer.filming import Place, head_of, live_head, place
from facepay_rehearsal.renderer.light import DARK
from facepay_rehearsal.renderer.portraits import NAMES, portrait
from facepay_rehearsal.renderer.scene import Pose, look
from facepay_rehearsal.renderer.sensor import Sensor
from facepay_rehearsal.renderer.shots import FixedChallenge, Shot
from facepay_rehearsal.renderer.timeline import HOLD_FRAMES, STEP_FRAMES, Moment, timeline
from facepay_rehearsal.species import GENUINE, SPECIES

LIGHT = ("red", "cyan", "blue", "yellow", "magenta", "green", "red", "blue", "yellow", "cyan")
SHORT = FixedChallenge(("turn_left",), LIGHT)
WITHOUT_A_USUAL_TIMELINE = {"slow"}
# Where the tracker would look for a head that the search has lost.
_ABOUT = centred(330, 250, 170, 1.0)


@pytest.fixture(scope="module")
def at() -> Place:
    return place(np.random.default_rng(3))


def pictured(name: str, where: Place, **moved: float) -> NDArray[np.uint8]:
    scene = live_head(portrait(name), where)
    return Sensor(np.random.default_rng(1)).develop(scene(Moment(0, 0, None, DARK, **moved)))


def points(pixels: NDArray[np.uint8]) -> Points:
    grey = to_grey(pixels)
    box = next(iter(find_faces(grey)), None) or find_near(grey, _ABOUT)
    assert box is not None
    return find_points(grey, box)


def nose_below_eyes(of: Points) -> float:
    return float((of[4, 1] - of[[0, 2], 1].mean()) / eye_width(of))


@cache
def shots(
    species: str, name: str, challenge: FixedChallenge = SHORT, seed: int = 5
) -> tuple[Shot, ...]:
    make = SPECIES[species].make if species in SPECIES else GENUINE[species]
    return tuple(make(name, challenge, seed))


def light_on_the_face(of: Sequence[Shot]) -> float:
    """Return the slope of the face's log(red/green) over the declared colours."""
    shines = {"red": 1.0, "magenta": 1.0, "green": -1.0, "cyan": -1.0}
    seen, said = [], []
    for shot in of:
        decoded = cv2.imdecode(np.frombuffer(shot.jpeg, np.uint8), cv2.IMREAD_COLOR)
        face = np.asarray(decoded, dtype=np.float64)[190:290, 280:360]
        seen.append(np.log(face[..., 2].mean() / face[..., 1].mean()))
        said.append(shines.get(shot.colour or "", 0.0))
    return float(np.polyfit(said, seen, 1)[0])


def test_a_resumed_bench_has_the_same_pictures() -> None:
    make = GENUINE["indoor"]
    assert make("grace", SHORT, 5) == list(shots("indoor", "grace"))
    assert make("grace", SHORT, 6)[0].jpeg != shots("indoor", "grace")[0].jpeg


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("turn", [34.0, -34.0])
def test_a_head_turned_by_34_degrees_reads_as_a_full_turn(
    name: str, turn: float, at: Place
) -> None:
    rest = yaw(points(pictured(name, at)), mirrored=False)
    turned = yaw(points(pictured(name, at, turn=turn)), mirrored=False)
    assert np.sign(turn) * (turned - rest) >= 0.25


@pytest.mark.parametrize("name", NAMES)
def test_a_head_that_looks_up_or_down_shows_it_in_its_five_points(name: str, at: Place) -> None:
    rest = nose_below_eyes(points(pictured(name, at)))
    assert nose_below_eyes(points(pictured(name, at, nod=16.0))) <= rest - 0.05
    assert nose_below_eyes(points(pictured(name, at, nod=-16.0))) >= rest + 0.05


@pytest.mark.parametrize("name", NAMES)
def test_a_payer_who_comes_closer_grows_by_more_than_the_limit(name: str, at: Place) -> None:
    near = eye_width(points(pictured(name, at, scale=1.36)))
    assert np.log(near / eye_width(points(pictured(name, at)))) >= 0.25


@pytest.mark.parametrize("name", NAMES)
def test_the_nose_of_a_turned_head_hides_a_part_of_the_far_cheek(name: str) -> None:
    def widest_gap(turn: float) -> float:
        """Return the widest gap between neighbours in a row of the face, in eye widths."""
        seen = look(head_of(portrait(name)), Pose(turn=turn))
        nose = (seen.cover > 0) & (seen.y > 0.3) & (seen.y < 0.5) & (abs(seen.x) < 0.5)
        together = nose[:, 1:] & nose[:, :-1]
        return float(np.abs(np.diff(seen.x, axis=1))[together].max())

    assert widest_gap(0.0) < 0.06
    assert widest_gap(33.0) > 0.10


@pytest.mark.parametrize("name", NAMES)
def test_a_blink_changes_the_eyes_and_nothing_else(name: str, at: Place) -> None:
    scene = live_head(portrait(name), at)
    opened, closed = (scene(Moment(0, 0, None, DARK, blink=blink)) for blink in (0.0, 1.0))
    changed = np.abs(opened - closed).max(axis=2) > 0.02
    eyes = points(pictured(name, at))
    rows, columns = np.nonzero(changed)
    assert len(rows) > 100
    assert np.abs(rows - eyes[:4, 1].mean()).max() < 0.45 * eye_width(eyes)
    assert np.abs(columns - eyes[:4, 0].mean()).max() < 0.75 * eye_width(eyes)


@pytest.mark.parametrize("species", ["indoor", "free_exposure", "wall_behind", "print_still"])
def test_the_screens_light_shows_on_skin_and_on_paper(species: str) -> None:
    assert light_on_the_face(shots(species, "eileen")[:HOLD_FRAMES]) > 0.012


@pytest.mark.parametrize("species", ["screen_still", "screen_right_motion", "injected_identical"])
def test_the_screens_light_does_not_show_on_tablets_and_files(species: str) -> None:
    challenge = FixedChallenge(("closer", "closer", "closer"), LIGHT)
    assert abs(light_on_the_face(shots(species, "eileen", challenge, 4))) < 0.004


def test_a_fast_relit_screen_shows_the_light_and_a_slow_one_the_light_before() -> None:
    challenge = FixedChallenge(("closer", "closer", "closer"), LIGHT)
    fast = light_on_the_face(shots("screen_relit_fast", "eileen", challenge))
    slow = light_on_the_face(shots("screen_relit_slow", "eileen", challenge))
    assert fast > slow + 0.005


@pytest.mark.parametrize("name", NAMES)
def test_a_genuine_head_is_never_lost_by_the_tracker(name: str) -> None:
    challenge = FixedChallenge(("turn_left", "closer", "look_down"), LIGHT)
    sent = [SentFrame(shot.jpeg, shot.step) for shot in shots("indoor", name, challenge)]
    observation = observe(sent, mirrored=False)
    assert len(observation.seen) >= 0.95 * len(sent)
    observation.wipe()


@pytest.mark.parametrize("species", [*GENUINE, *SPECIES])
def test_every_species_declares_the_requested_steps_times_and_colours(species: str) -> None:
    made = shots(species, "grace")
    usual = [0] * HOLD_FRAMES + [1] * STEP_FRAMES
    assert [shot.step for shot in made][: len(usual)] == usual
    assert len(made) == len(usual) or species in WITHOUT_A_USUAL_TIMELINE
    first = made[0].monotonic_ms
    apart = np.diff([shot.monotonic_ms for shot in made])
    assert apart.min() > 180
    assert apart.max() < 260
    for shot in made:
        slot = (shot.monotonic_ms - first) // 440 % 10
        assert shot.colour == (None if species == "no_light" else LIGHT[slot])


def test_a_repeated_injected_picture_is_equal_in_bytes_or_in_pixels() -> None:
    assert len({shot.jpeg for shot in shots("injected_identical", "grace", seed=5)}) == 1
    assert len({shot.jpeg for shot in shots("injected_jitter", "grace")}) == 10


def test_an_earlier_capture_never_fits_the_current_challenge() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        asked = a_challenge(rng)
        assert len(asked.light) == 10
        assert all(
            a != b for a, b in zip(asked.light, [*asked.light[1:], asked.light[0]], strict=True)
        )
        assert asked.steps.count("closer") == 1
        assert set(asked.steps) & {"turn_left", "turn_right"}
        assert another_challenge(asked, rng).steps != asked.steps
        assert another_light(asked, rng) != asked.light


def test_a_payer_does_each_step_in_its_own_time() -> None:
    moments = timeline(
        FixedChallenge(("turn_left", "closer", "look_up"), LIGHT), np.random.default_rng(2)
    )
    by_step = {step: [m for m in moments if m.step == step] for step in range(4)}
    assert max(abs(m.turn) for m in by_step[0]) < 5
    assert max(m.turn for m in by_step[1]) > 28
    assert max(m.scale for m in by_step[2]) > 1.3
    assert max(m.nod for m in by_step[3]) > 13
    assert max(abs(m.turn) for m in by_step[3]) < 5
