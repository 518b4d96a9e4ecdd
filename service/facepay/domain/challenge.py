"""The challenge of one capture: what the payer is asked to do, and which colours light the face.

Drawn at random for each capture, so that no recording can have been made for it. The steps are
three: "come closer", and two others of which one at least turns the head. The light is a cyclic
sequence of ten colours, each shown for SLOT_MS: about 22 bits, and 2.3 changes a second, which is
under the three flashes of WCAG 2.3.1. Whether the answer fits is for the manifest check (what the
device says) and for presentation attack detection (what the pixels show).
"""

import secrets
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from facepay.domain.errors import LivenessNotPossible

SLOT_MS = 440
# The light begins so long before the first frame: frames 220 ms apart then fall well inside of a
# colour, when display and exposure have settled on it.
LIGHT_LEAD_MS = SLOT_MS // 4
SLOTS = 10
_MOST_ALIKE = 3  # slots in which a sequence may show what it shows when begun at another slot


class Step(StrEnum):
    """One thing to do, in the payer's own left and right."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    CLOSER = "closer"
    LOOK_UP = "look_up"
    LOOK_DOWN = "look_down"

    @property
    def turns(self) -> bool:
        return self in (Step.TURN_LEFT, Step.TURN_RIGHT)


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"
    BLUE = "blue"
    YELLOW = "yellow"
    CYAN = "cyan"
    MAGENTA = "magenta"


class Profile(StrEnum):
    """What this payer can do: for people who cannot stand the light, or cannot move."""

    STANDARD = "standard"
    NO_LIGHT = "no_light"
    NO_MOTION = "no_motion"


@dataclass(frozen=True, slots=True)
class Challenge:
    """Step n of a capture is `steps[n - 1]`; step 0 is "hold still". `light` may be empty."""

    profile: Profile
    steps: tuple[Step, ...]
    light: tuple[Colour, ...]

    def colour_at(self, since_first_ms: int) -> Colour | None:
        """The colour this many milliseconds after the first frame; None where there is no light."""
        if not self.light:
            return None
        return self.light[(since_first_ms + LIGHT_LEAD_MS) // SLOT_MS % len(self.light)]


_OTHERS = tuple(step for step in Step if step is not Step.CLOSER)
_PAIRS = tuple(pair for pair in product(_OTHERS, repeat=2) if pair[0].turns or pair[1].turns)


def require_provable(profile: Profile) -> None:
    """Raises LivenessNotPossible where the rest would be too little to prove life."""
    if profile is Profile.NO_MOTION:
        raise LivenessNotPossible()


def draw_challenge(profile: Profile) -> Challenge:
    """From the operating system's CSPRNG; every possible challenge is as likely as any other.

    Raises LivenessNotPossible.
    """
    require_provable(profile)
    steps: list[Step] = list(secrets.choice(_PAIRS))
    steps.insert(secrets.randbelow(len(steps) + 1), Step.CLOSER)
    light = () if profile is Profile.NO_LIGHT else _draw_light()
    return Challenge(profile, tuple(steps), light)


def _draw_light() -> tuple[Colour, ...]:
    """No two neighbours alike, and the last not as the first: the sequence repeats.

    Nor does it look like itself begun elsewhere: light that came at another time would fit as well,
    and so no payer could prove that theirs came in time.
    """
    while True:
        light = tuple(secrets.choice(tuple(Colour)) for _ in range(SLOTS))
        # So many slots later or earlier is the same: half of them say it all.
        alike = [_alike(light, slots) for slots in range(1, SLOTS // 2 + 1)]
        if alike[0] == 0 and max(alike) <= _MOST_ALIKE:
            return light


def _alike(light: tuple[Colour, ...], slots: int) -> int:
    """In how many slots the sequence shows what it shows so many slots later."""
    return sum(
        one is other for one, other in zip(light, light[slots:] + light[:slots], strict=True)
    )
