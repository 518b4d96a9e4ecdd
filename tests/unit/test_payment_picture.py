"""The committed picture of a payment equals its script's output, and browsers can read it."""

from xml.etree import ElementTree

from docs.images.draw_payment import FILE, drawn


def test_the_committed_picture_equals_the_scripts_output() -> None:
    assert FILE.read_text() == drawn(), "run `make pictures`"


def test_the_picture_is_well_formed_and_has_a_name_for_screen_readers() -> None:
    root = ElementTree.fromstring(drawn())  # noqa: S314 - drawn by our own script
    assert root.get("role") == "img"
    assert root.findtext("{http://www.w3.org/2000/svg}title")
