"""The canvas: one still photograph in coordinates that all heads share, and its bust cut out.

The canvas is measured in outer-eye widths ("units", about 90 mm) from the middle of the eyes: x to
the picture's right, y down. The outer corners of the eyes lie at (-0.5, 0) and (0.5, 0), so height
field, eyelids, glasses and masks need no outline drawn by hand. GrabCut cuts out the bust by its
colours, from a guess that the five points give. It does not find single hairs.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from facepay_rehearsal.renderer.portraits import Pixels, Portrait
from facepay_rehearsal.renderer.resample import blurred, moved, scaled

Floats = NDArray[np.float32]

LEFT, TOP = -3.2, -2.4
WIDTH, HEIGHT = 6.4, 6.4
SCALE = 110  # pixels of the texture per unit
COARSE = 55  # pixels of height field and masks per unit
_SEED = 4
# Distance from eyes to chin, in distances from eyes to the base of the nose. Measured on the faces
# of the London set: 2.45 to 2.75.
_CHIN_IN_NOSES = 2.6


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Canvas:
    """A photograph in canvas coordinates; all lengths are in units.

    - `photo` (704, 704, 3) uint8 RGB: the whole photograph.
    - `texture`: the same, with the bust's colours carried outwards over the background.
    - `inside` (352, 352) float32: how far a place lies inside the bust's outline; negative outside.
    - `nose` is (x, y) of its base, `chin` y of the chin, `inner` x of the two inner eye corners.
    - `shown` is the area that the photograph covers: left, top, right, bottom.
    """

    photo: Pixels
    texture: Pixels
    inside: Floats
    nose: tuple[float, float]
    chin: float
    inner: tuple[float, float]
    shown: tuple[float, float, float, float]


def grid(scale: int) -> tuple[Floats, Floats]:
    """Return x as a row and y as a column, of the centres of the pixels, in units."""
    x = (np.arange(round(WIDTH * scale), dtype=np.float32) + np.float32(0.5)) / scale + LEFT
    y = (np.arange(round(HEIGHT * scale), dtype=np.float32) + np.float32(0.5)) / scale + TOP
    return x.astype(np.float32)[None, :], y.astype(np.float32)[:, None]


@cache
def canvas(source: Portrait) -> Canvas:
    """Lay the photograph out; the same photograph always gives the same canvas."""
    unit = float(np.linalg.norm(source.points[0] - source.points[2]))
    to_canvas = _to_canvas(source, SCALE)
    # Beyond its edges the photograph continues as its mirror image, so that cloth stays cloth.
    size = round(WIDTH * SCALE), round(HEIGHT * SCALE)
    texture = moved(_softened(source.pixels, unit), to_canvas, size, mirror=True)
    height, width = source.pixels.shape[:2]
    corners = np.array([[0, 0, 1], [width, height, 1]], dtype=np.float64) @ to_canvas.T
    (left, top), (right, bottom) = corners / SCALE + (LEFT, TOP)
    nose = to_canvas @ np.append(source.points[4], 1) / SCALE + (LEFT, TOP)
    inner = [to_canvas @ np.append(source.points[i], 1) / SCALE + (LEFT, TOP) for i in (3, 1)]
    shown = (float(left), float(top), float(right), float(bottom))
    chin = _CHIN_IN_NOSES * float(np.clip(nose[1], 0.43, 0.56))
    inside = _cut_out(texture, chin, shown)
    return Canvas(
        photo=texture,
        texture=_bled(texture, inside),
        inside=inside,
        nose=(float(nose[0]), float(nose[1])),
        chin=chin,
        inner=(float(inner[0][0]), float(inner[1][0])),
        shown=shown,
    )


def _to_canvas(source: Portrait, scale: int) -> NDArray[np.float64]:
    """Return the (2, 3) similarity from pixels of the photograph to pixels of the canvas."""
    right, left = source.points[0], source.points[2]
    eyes = right - left
    factor = scale / float(eyes @ eyes)
    turn = np.array([[eyes[0], eyes[1]], [-eyes[1], eyes[0]]]) * factor
    middle = np.array([-LEFT * scale, -TOP * scale])
    return np.column_stack([turn, middle - turn @ ((right + left) / 2)])


def _softened(pixels: Pixels, unit: float) -> Pixels:
    """Blur detail that is finer than the canvas, to prevent aliasing."""
    if unit <= SCALE:
        return pixels
    return blurred(pixels, 0.45 * unit / SCALE)


def _cut_out(texture: Pixels, chin: float, shown: tuple[float, float, float, float]) -> Floats:
    small = scaled(texture, (texture.shape[1] // 2, texture.shape[0] // 2))
    x, y = grid(COARSE)
    guess = _guess(x, y, chin)
    guess[np.broadcast_to(y < shown[1], guess.shape)] = cv2.GC_BGD
    cv2.setRNGSeed(_SEED)
    sums = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(small, guess, (0, 0, 1, 1), *sums, 4, cv2.GC_INIT_WITH_MASK)
    bust = np.isin(guess, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    bust = np.asarray(cv2.morphologyEx(bust, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)))
    bust = _one_piece(bust, x, y)
    inner = cv2.distanceTransform(bust, cv2.DIST_L2, 5)
    outer = cv2.distanceTransform(1 - bust, cv2.DIST_L2, 5)
    signed = np.asarray(inner - outer, dtype=np.float32)
    return (blurred(signed, 1.5) - np.float32(0.5)) / np.float32(COARSE)


def _guess(x: Floats, y: Floats, chin: float) -> NDArray[np.uint8]:
    """Return GrabCut's four labels for the usual outline of head and shoulders."""
    far = np.abs(x)
    guess = np.full((y.size, x.size), cv2.GC_PR_BGD, np.uint8)
    hair = (x / 1.1) ** 2 + ((y - 0.1) / 1.5) ** 2 < 1
    shoulders = (y > chin) & (far < 0.45 + 1.6 * np.maximum(0, y - chin - 0.2))
    guess[hair | shoulders] = cv2.GC_PR_FGD
    face = (x / 0.66) ** 2 + ((y - 0.2) / (chin - 0.2)) ** 2 < 1
    neck = (far < 0.42) & (y > 0.8) & (y < chin + 0.8)
    chest = y > chin + 0.75 + 0.4 * np.maximum(0, far - 0.5)
    guess[face | neck | (chest & (far < 2.2))] = cv2.GC_FGD
    beside = far > np.where(y < chin - 0.2, 1.3, 1.6 + np.maximum(0, y - chin) * 0.7)
    guess[beside | (far + 0 * y > 2.35)] = cv2.GC_BGD
    return guess


def _one_piece(bust: NDArray[np.uint8], x: Floats, y: Floats) -> NDArray[np.uint8]:
    """Return the connected part that contains the face, with its holes filled."""
    _, labels = cv2.connectedComponents(bust)
    row, column = int(np.argmin(np.abs(y - 0.2))), int(np.argmin(np.abs(x)))
    one: NDArray[np.uint8] = (np.asarray(labels) == labels[row, column]).astype(np.uint8)
    count, holes, stats, _ = cv2.connectedComponentsWithStats(1 - one)
    for label in range(1, count):
        if stats[label, cv2.CC_STAT_AREA] < 0.02 * one.size:
            one[holes == label] = 1
    return one


def _bled(texture: Pixels, inside: Floats) -> Pixels:
    """Carry the bust's colours outwards, so that its edge has none of the old background."""
    size = (texture.shape[1], texture.shape[0])
    deep = scaled(inside, size) > 0.03
    _, nearest = cv2.distanceTransformWithLabels(
        (~deep).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    colours = np.zeros((int(nearest.max()) + 1, 3), np.uint8)
    colours[nearest[deep]] = texture[deep]
    outside = blurred(colours[nearest], 2.0)
    return np.asarray(np.where(deep[..., None], texture, outside), dtype=np.uint8)
