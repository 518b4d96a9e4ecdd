"""The challenge of one capture: the steps the payer takes, and the colours that light the face.

Each capture draws its own challenge, so that no recording can have been made for it. There are
three steps: "come closer", and two others of which at least one turns the head. The light is a
cyclic sequence of ten colours, each shown for SLOT_MS. It has about 22 bits, and 2.3 changes a
second, which is under the three flashes of WCAG 2.3.1.

The manifest check compares the device's statements with the challenge; presentation attack
detection compares the pixels with it.
"""

import secrets
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from facepay.domain.errors import LivenessNotPossible

SLOT_MS = 440
# The light begins this long before the first frame. Frames 220 ms apart then fall well inside a
# colour, after display and exposure have settled on it.
LIGHT_LEAD_MS = SLOT_MS // 4
SLOTS = 10
_MOST_EQUAL_SLOTS = 3  # slots in which a sequence may equal itself shifted by some slots


class Step(StrEnum):
    """One movement of the payer; left and right are the payer's own."""

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
    """The payer's abilities: some people cannot bear the light, some cannot move."""

    STANDARD = "standard"
    NO_LIGHT = "no_light"
    NO_MOTION = "no_motion"


@dataclass(frozen=True, slots=True)
class Challenge:
    """A drawn challenge.

    Step n of a capture is `steps[n - 1]`; step 0 is "hold still". `light` may be empty.
    """

    profile: Profile
    steps: tuple[Step, ...]
    light: tuple[Colour, ...]

    def colour_at(self, since_first_ms: int) -> Colour | None:
        """Return the colour this many milliseconds after the first frame; None without light."""
        if not self.light:
            return None
        return self.light[(since_first_ms + LIGHT_LEAD_MS) // SLOT_MS % len(self.light)]


_OTHERS = tuple(step for step in Step if step is not Step.CLOSER)
_PAIRS = tuple(pair for pair in product(_OTHERS, repeat=2) if pair[0].turns or pair[1].turns)


def require_liveness_possible(profile: Profile) -> None:
    """Refuse a profile whose remaining signals are too few for a liveness check.

    Payers who cannot move pay with their password; there is no weaker liveness check.

    Raises LivenessNotPossible.
    """
    if profile is Profile.NO_MOTION:
        raise LivenessNotPossible()


def draw_challenge(profile: Profile) -> Challenge:
    """Draw a challenge from the operating system's CSPRNG, each with the same probability.

    Raises LivenessNotPossible.
    """
    require_liveness_possible(profile)
    steps: list[Step] = list(secrets.choice(_PAIRS))
    steps.insert(secrets.randbelow(len(steps) + 1), Step.CLOSER)
    light = () if profile is Profile.NO_LIGHT else _draw_light()
    return Challenge(profile, tuple(steps), light)


def _draw_light() -> tuple[Colour, ...]:
    """Draw a cyclic sequence whose neighbours differ, the last and the first included.

    The sequence must also differ from itself when shifted. Otherwise light from another time would
    fit as well, and liveness detection could not tell late light from light in time.
    """
    while True:
        light = tuple(secrets.choice(tuple(Colour)) for _ in range(SLOTS))
        # A shift forwards and the same shift backwards are equal in as many slots: test half.
        equal = [_equal_slots(light, shift) for shift in range(1, SLOTS // 2 + 1)]
        if equal[0] == 0 and max(equal) <= _MOST_EQUAL_SLOTS:
            return light


def _equal_slots(light: tuple[Colour, ...], shift: int) -> int:
    """Count the slots in which the sequence equals itself `shift` slots later."""
    shifted = light[shift:] + light[:shift]
    return sum(one is other for one, other in zip(light, shifted, strict=True))
