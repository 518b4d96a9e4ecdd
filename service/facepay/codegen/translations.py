"""The catalogues of the customer's page: every text of it, in every language it speaks.

`make generate` brings new texts into `web/pages/translations/*.po`, untranslated, and takes out
what is no longer shown; `make check` fails while one is missing. Nothing is compiled: workers read
the .po files themselves.
"""

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

PAGES = "service/facepay/web/pages"
LANGUAGES = ("zh",)


def made_catalogues(repository: Path) -> dict[str, str]:
    """Each .po file by its path in the repository, with the text it should have."""
    return {_path(code): _written(_brought_up(repository, code)) for code in LANGUAGES}


def untranslated(repository: Path) -> list[str]:
    """Texts that some reader would see in English, or with a name in it missing."""
    return [
        f"{code}: {message.id}"
        for code in LANGUAGES
        for message in _brought_up(repository, code)
        if message.id and (not message.string or message.fuzzy or _broken(message))
    ]


def _broken(message: Message) -> bool:
    """Whether a name that the text has is not the same in its translation."""
    return next(iter(message.check()), None) is not None


def _path(code: str) -> str:
    return f"{PAGES}/translations/{code}.po"


def _brought_up(repository: Path, code: str) -> Catalog:
    with (repository / _path(code)).open("rb") as file:
        kept = read_po(file, locale=code)
    shown = _shown(repository)
    fresh = Catalog(locale=code)
    for text in sorted(shown):
        known = kept.get(text)
        fresh.add(text, known.string if known else "", flags=["python-format"] * ("%(" in text))
    return fresh


def _shown(repository: Path) -> set[str]:
    found = extract_from_dir(
        repository / PAGES,
        method_map=[("**.py", "python"), ("**.html", "jinja2")],
        options_map={"**.html": {"extensions": "jinja2.ext.i18n", "silent": "false"}},
    )
    return {str(text) for _, _, text, _, _ in found}


def _written(catalogue: Catalog) -> str:
    out = BytesIO()
    write_po(out, catalogue, omit_header=True, width=0)
    header = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    return header + out.getvalue().decode()
