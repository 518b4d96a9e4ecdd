"""Film one capture: a person or an object in a room, moved along a timeline, before a sensor."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facepay_rehearsal.renderer.backgrounds import room
from facepay_rehearsal.renderer.canvas import canvas
from facepay_rehearsal.renderer.expression import with_expression
from facepay_rehearsal.renderer.light import Lights, Room, lit, wall
from facepay_rehearsal.renderer.occlusions import Worn
from facepay_rehearsal.renderer.portraits import Pixels, Portrait, portrait
from facepay_rehearsal.renderer.scene import Pose, look
from facepay_rehearsal.renderer.sensor import Sensor, encoded
from facepay_rehearsal.renderer.shots import Shot
from facepay_rehearsal.renderer.surfaces import Surface, bust, recoloured
from facepay_rehearsal.renderer.timeline import Moment

Floats = NDArray[np.float32]
Source = Portrait | str


class Scene(Protocol):
    """The light on the sensor at a moment, (480, 640, 3) float32, before `behind` or a wall."""

    def __call__(self, moment: Moment, behind: Floats | None = None, /) -> Floats: ...


# The screen's light relative to the room's, on a face 40 cm away: a phone with 500 cd/m2 makes 25
# to 30 lx, and a lit room has 120 to 400 lx.
INDOOR = (0.07, 0.22)


def person(source: Source) -> Portrait:
    """Return the portrait of a name, or the portrait itself."""
    return portrait(source) if isinstance(source, str) else source


@dataclass(frozen=True, slots=True)
class Place:
    """Where a capture is filmed: wall, light, and the position of the head in the frame.

    `share` is the screen's light relative to the room's, `ambient` the room's light in red, green
    and blue. `at` is in pixels, `distance` in units, both as in `scene.Pose`.
    """

    room: Room
    share: float
    ambient: tuple[float, float, float]
    at: tuple[float, float]
    distance: float
    face: float = 0.85  # units from the plane that `distance` is measured to, to the face

    def pose(self, moment: Moment) -> Pose:
        """Return the pose of a head in this place at a moment."""
        near = self.distance - self.face
        return Pose(
            turn=moment.turn,
            nod=moment.nod,
            roll=moment.roll,
            lean=moment.lean,
            distance=near / moment.scale + self.face,
            at=(self.at[0] + moment.shift[0], self.at[1] + moment.shift[1]),
        )

    def nearer(self) -> "Place":
        """Return the place for a flat object, whose plane is where a face would be."""
        return replace(self, distance=self.distance - self.face, face=0.0)

    def at_distance(self, distance: float) -> "Place":
        """Return the place for a flat object at a distance of its own, in units."""
        return replace(self, distance=distance, face=0.0)

    def lights(self, moment: Moment) -> Lights:
        """Return the light in this place at a moment."""
        return Lights(self.share, moment.screen, self.ambient)


def place(
    rng: np.random.Generator,
    share: tuple[float, float] = INDOOR,
    wall: float | None = None,
) -> Place:
    """Draw a place. `share` is the range of the screen's light, drawn by its logarithm."""
    warm = float(rng.normal(0, 0.05))
    return Place(
        room=room(rng, wall),
        share=float(np.exp(rng.uniform(*np.log(share)))),
        ambient=(1 + warm, 1.0, 1 - warm),
        at=(float(320 + rng.uniform(-14, 14)), float(214 + rng.uniform(-10, 10))),
        distance=float(5.5 * rng.uniform(0.96, 1.06)),
    )


@cache
def head_of(source: Portrait) -> Surface:
    """Return the head of a portrait, modelled once for each."""
    return bust(canvas(source))


def live_head(
    source: Portrait, where: Place, surface: Surface | None = None, worn: Worn | None = None
) -> Scene:
    """Return the scene of a living person, who turns, nods, blinks and talks.

    `surface` replaces shape or skin of the face; `worn` covers the skin.
    """
    shape = surface or head_of(source)

    at_rest = shape.albedo if worn is None else worn.over(shape.albedo)

    def picture(moment: Moment, behind: Floats | None = None, /) -> Floats:
        skin = with_expression(shape.albedo, canvas(source), moment.blink, moment.mouth)
        if skin is shape.albedo:
            skin = at_rest
        elif worn is not None:
            skin = worn.over(skin)
        return filmed(recoloured(shape, skin), where, moment, behind)

    return picture


def filmed(surface: Surface, where: Place, moment: Moment, behind: Floats | None = None) -> Floats:
    """Return (480, 640, 3) float32: a surface at a moment, in front of its wall or `behind`."""
    pose, lights = where.pose(moment), where.lights(moment)
    if behind is None:
        behind = wall(where.room, pose, lights)
    return lit(surface, look(surface, pose), behind, lights)


def developed(
    moments: Sequence[Moment],
    scene: Scene,
    rng: np.random.Generator,
    *,
    free: bool = False,
    mirrored: bool = False,
) -> list[Shot]:
    """Film a scene along `moments`; return the shots as an SDK would send them."""
    return sent(moments, recorded(moments, scene, rng, free=free), rng, mirrored=mirrored)


def recorded(
    moments: Sequence[Moment], scene: Scene, rng: np.random.Generator, *, free: bool = False
) -> Iterator[Pixels]:
    """Film a scene with one sensor, frame by frame."""
    sensor = Sensor(rng, free=free)
    for moment in moments:
        yield sensor.develop(scene(moment))


def sent(
    moments: Sequence[Moment],
    frames: Iterable[Pixels],
    rng: np.random.Generator,
    *,
    mirrored: bool = False,
) -> list[Shot]:
    """Encode pictures, and add what the SDK states about each; the clock begins anywhere."""
    start = int(rng.integers(10_000, 1_000_000))
    return [
        Shot(encoded(frame, mirrored=mirrored), moment.step, start + moment.ms, moment.colour)
        for moment, frame in zip(moments, frames, strict=True)
    ]
