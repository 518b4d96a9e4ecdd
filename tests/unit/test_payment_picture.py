"""The picture of a payment is what its script draws, and a picture that browsers can read."""

from xml.etree import ElementTree

from docs.images.draw_payment import FILE, drawn


def test_the_committed_picture_is_what_the_script_draws() -> None:
    assert FILE.read_text() == drawn(), "run `make pictures`"


def test_the_picture_is_well_formed_and_named_for_readers_who_do_not_see_it() -> None:
    root = ElementTree.fromstring(drawn())  # noqa: S314 - drawn by our own script
    assert root.get("role") == "img"
    assert root.findtext("{http://www.w3.org/2000/svg}title")
