"""The one exception that reports a capture that cannot be used.

A refusal names its kind and, where one frame is to blame, the position of that frame. It never
carries pixels, landmarks, embeddings, scores or the text of a foreign exception, because exceptions
may end in a log.
"""

from enum import StrEnum


class RefusalKind(StrEnum):
    """Reason for which a capture cannot be used."""

    UNREADABLE = "unreadable"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too_large"
    UNFIT_SHAPE = "unfit_shape"
    NO_FACE = "no_face"
    TWO_FACES = "two_faces"
    FACE_TOO_SMALL = "face_too_small"
    NOT_FRONTAL = "not_frontal"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    BLURRED = "blurred"


class FaceRefusal(Exception):
    """Refusal of a capture: `frame` counts from 0 and is None where the whole capture is meant."""

    def __init__(self, kind: RefusalKind, *, frame: int | None = None) -> None:
        super().__init__(kind.value)
        self.kind = kind
        self.frame = frame
