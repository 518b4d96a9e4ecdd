"""Keep the translation catalogues of the customer's page complete.

`make generate` adds new texts to `web/pages/translations/*.po`, untranslated, and removes texts
that the page no longer shows. `make check` fails while a translation is missing. Workers read the
.po files directly; there is no compilation step.
"""

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

PAGES = "service/facepay/web/pages"
LANGUAGES = ("zh",)


def expected_catalogues(repository: Path) -> dict[str, str]:
    """Return the text that each .po file should have, by its path in the repository."""
    return {_path(code): _serialized(_updated_catalogue(repository, code)) for code in LANGUAGES}


def untranslated(repository: Path) -> list[str]:
    """Return the texts without a translation, or with one that lacks a placeholder."""
    return [
        f"{code}: {message.id}"
        for code in LANGUAGES
        for message in _updated_catalogue(repository, code)
        if message.id and (not message.string or message.fuzzy or _broken(message))
    ]


def _broken(message: Message) -> bool:
    """Return whether the placeholders of the text and of its translation differ."""
    return next(iter(message.check()), None) is not None


def _path(code: str) -> str:
    return f"{PAGES}/translations/{code}.po"


def _updated_catalogue(repository: Path, code: str) -> Catalog:
    with (repository / _path(code)).open("rb") as file:
        kept = read_po(file, locale=code)
    fresh = Catalog(locale=code)
    for text in sorted(_displayed_texts(repository)):
        known = kept.get(text)
        fresh.add(text, known.string if known else "", flags=["python-format"] * ("%(" in text))
    return fresh


def _displayed_texts(repository: Path) -> set[str]:
    found = extract_from_dir(
        repository / PAGES,
        method_map=[("**.py", "python"), ("**.html", "jinja2")],
        options_map={"**.html": {"extensions": "jinja2.ext.i18n", "silent": "false"}},
    )
    return {str(text) for _, _, text, _, _ in found}


def _serialized(catalogue: Catalog) -> str:
    out = BytesIO()
    write_po(out, catalogue, omit_header=True, width=0)
    header = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    return header + out.getvalue().decode()
