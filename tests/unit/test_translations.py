"""The translations of the customer's page: every text is translated, and none is out of date."""

import shutil
from pathlib import Path

import pytest

from facepay.codegen.translations import PAGES, expected_catalogues, untranslated

REPOSITORY = Path(__file__).parents[2]
CHINESE = f"{PAGES}/translations/zh.po"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(REPOSITORY / PAGES, tmp_path / PAGES)
    return tmp_path


def test_every_text_has_a_translation() -> None:
    assert untranslated(REPOSITORY) == []


def test_the_files_contain_exactly_the_texts_of_the_pages() -> None:
    for path, text in expected_catalogues(REPOSITORY).items():
        assert (REPOSITORY / path).read_text() == text


def test_a_new_text_is_reported(copy: Path) -> None:
    page = copy / PAGES / "templates/account/stopped.html"
    page.write_text(page.read_text() + "{{ _('A sentence nobody has translated') }}")
    assert untranslated(copy) == ["zh: A sentence nobody has translated"]
    assert "A sentence nobody has translated" in expected_catalogues(copy)[CHINESE]


def test_a_translation_that_loses_a_placeholder_is_reported(copy: Path) -> None:
    catalogue = copy / CHINESE
    text = catalogue.read_text()
    assert "您好，%(name)s" in text
    catalogue.write_text(text.replace("您好，%(name)s", "您好，%(nome)s"))
    assert untranslated(copy) == ["zh: Hello, %(name)s"]


def test_a_text_that_is_gone_leaves_the_file(copy: Path) -> None:
    (copy / PAGES / "templates/account/stopped.html").unlink()
    assert "cross it out" not in expected_catalogues(copy)[CHINESE]
