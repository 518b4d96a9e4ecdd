"""After an answered error no picture waits for Python's garbage collector."""

import gc
import weakref
from collections.abc import Iterator

import pytest
from flask import Flask

from facepay.adapters.dlib_face import DlibFaceEngine
from facepay.domain.capture import Burst, Frame
from facepay.domain.errors import NoFace, UnreadableFrame, VaultUnavailable
from facepay.face.model_store import ModelStore
from facepay.memory_scrubbing import forget
from facepay.web.problems import register_problems
from facepay_rehearsal import bursts
from tests.support.renders import rendered


class Picture:
    """A stand-in for a frame, whose deletion a test can observe."""


class Encoded(bytes):
    """A frame as sent, whose deletion a test can observe: bytes have no weak references."""

    ended = 0

    def __del__(self) -> None:
        Encoded.ended += 1


class Unforeseen(Exception):
    pass


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def fail_with(error: Exception) -> None:
    """Raise outside of a handler: the variable makes a reference cycle."""
    kept = error
    raise kept


@pytest.mark.parametrize(
    ("error", "status"), [(NoFace(), 422), (VaultUnavailable(), 503), (Unforeseen(), 500)]
)
@pytest.mark.parametrize("chained", [False, True])
@pytest.mark.usefixtures("no_collector")
def test_the_pictures_of_a_refused_request_are_freed_with_its_answer(
    error: Exception, status: int, chained: bool
) -> None:
    pictures: list[weakref.ref[Picture]] = []
    app = Flask("answered")
    app.config["FACEPAY_ORIGIN"] = "https://pay.example"
    register_problems(app)

    @app.post("/frames")
    def receive() -> str:
        picture = Picture()
        pictures.append(weakref.ref(picture))
        try:
            fail_with(Unforeseen() if chained else error)
        except Unforeseen:
            raise error  # noqa: B904 - as somebody does who forgets `from None`
        return "never"

    assert app.test_client().post("/frames").status_code == status
    assert [picture() for picture in pictures] == [None]


@pytest.mark.usefixtures("no_collector")
def test_pictures_are_freed_when_the_last_of_them_cannot_be_decoded() -> None:
    """Frames are decoded in a second thread: its refusal and its result make a reference cycle."""
    engine = DlibFaceEngine(ModelStore().embedder())
    shots = rendered(bursts.genuine, "grace", ("turn_left", "turn_right"), 14)
    images = [Encoded(shot.jpeg) for shot in shots[:-1]]
    images.append(Encoded(shots[-1].jpeg[:1000]))
    frames = [
        Frame(image, shot.step, shot.monotonic_ms)
        for image, shot in zip(images, shots, strict=True)
    ]
    sent, before = len(images), Encoded.ended
    del images
    with pytest.raises(UnreadableFrame) as refused:
        engine.observe(Burst(tuple(frames), mirrored=False))
    forget(refused.value)
    del frames
    assert Encoded.ended - before == sent
