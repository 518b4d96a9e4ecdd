"""How far a head nods, where five points do not show it.

Looking down pulls the nose over the lip, and the points then stay where a face at rest has them.
The patches of the nose do not: followed from the hold (`patches`), its tip moves down or up against
the rest of the face, by the height of the nose and the angle. Of anything flat it does not move.
"""

from collections.abc import Callable, Sequence

import numpy as np

from facepay.face.observe import SeenFrame
from facepay.face.pad import depth
from facepay.face.pad.motion import Course, most_at_rest
from facepay.face.pad.patches import follow
from facepay.face.pad.signal import NODS

# Frame by frame, in outer-eye widths, how far the nose went where the step asks it to.
Look = Callable[[Sequence[SeenFrame], int, str], Course]


def by_the_nose(seen: Sequence[SeenFrame], number: int, step: str) -> Course:
    """In step `number` and in the frame before it; 0 in all others, and where it was not found."""
    went = np.zeros(len(seen))
    first = next(at for at, frame in enumerate(seen) if frame.step == number)
    told = [at for at, frame in enumerate(seen) if frame.step == number or at == first - 1]
    found = follow(most_at_rest(seen), [seen[at] for at in told])
    for at, followed in zip(told, found, strict=True):
        down = depth.nose_down(followed)
        went[at] = 0.0 if down is None else -NODS[step] * down
    return went
