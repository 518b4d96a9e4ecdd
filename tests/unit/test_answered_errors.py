"""An error that was answered holds nothing any more: no picture waits for Python's collector."""

import gc
import weakref
from collections.abc import Iterator

import pytest
from flask import Flask

from facepay.domain.errors import NoFace, VaultUnavailable
from facepay.web.problems import register_problems


class Picture:
    """Stands for a frame: something whose end can be seen."""


class Unforeseen(Exception):
    pass


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def fail_with(error: Exception) -> None:
    """As code does that raises outside of a handler: the variable makes a circle."""
    kept = error
    raise kept


@pytest.mark.parametrize(
    ("error", "status"), [(NoFace(), 422), (VaultUnavailable(), 503), (Unforeseen(), 500)]
)
@pytest.mark.parametrize("chained", [False, True])
@pytest.mark.usefixtures("no_collector")
def test_the_pictures_of_a_refused_request_are_let_go_with_its_answer(
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
