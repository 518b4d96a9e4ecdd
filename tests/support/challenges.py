"""A short list of challenges: bursts for it are rendered once, and kept (renders.py).

Tests about light or about the variety of challenges draw from all of them instead, as
`facepay.domain.challenge` does.
"""

import secrets

from facepay.domain.challenge import Challenge, Colour, Profile, Step, require_liveness_possible

LIGHTS = (
    "green red blue yellow cyan red green blue cyan magenta",
    "magenta green magenta red cyan green magenta blue yellow cyan",
    "magenta blue cyan red cyan yellow green magenta blue cyan",
)
STEPS = (
    "closer turn_left look_up",
    "turn_right closer turn_left",
    "look_down turn_right closer",
)


def draw_challenge(profile: Profile) -> Challenge:
    """Draw a challenge from the list. Raises LivenessNotPossible."""
    require_liveness_possible(profile)
    return secrets.choice(challenges(profile))


def challenges(profile: Profile) -> list[Challenge]:
    """Return every challenge of the list; the domain could have drawn each."""
    lit = profile is not Profile.NO_LIGHT
    return [
        Challenge(
            profile,
            tuple(Step(name) for name in steps.split()),
            tuple(Colour(name) for name in light.split() if lit),
        )
        for steps, light in zip(STEPS, LIGHTS, strict=True)
    ]
