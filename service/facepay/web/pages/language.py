"""Choose the reader's language: from a link, a cookie, or the browser's Accept-Language header.

Code and templates contain the English texts; the .po files under `translations/` contain the
other languages. Each worker reads them when it starts, so that nothing has to be compiled.
"""

from io import BytesIO
from pathlib import Path
from typing import Any

import flask_babel
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Response, request

from facepay.web.pages import cookies

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "zh": "中文"}
_LOCALES = {ENGLISH: "en_GB", "zh": "zh_Hans_CN"}  # formats of dates and amounts
TRANSLATIONS = Path(__file__).parent / "translations"


class PoDomain(flask_babel.Domain):  # type: ignore[misc]  # the package has no types
    """The translations of every language, in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._texts = {code: read_translations(code) for code in LANGUAGES if code != ENGLISH}
        self._untranslated = NullTranslations()

    def get_translations(self) -> Any:
        return self._texts.get(language(), self._untranslated)


def register_languages(app: Flask) -> None:
    """Set up translations, the language cookie and the list of languages for templates."""
    babel = flask_babel.Babel(app, locale_selector=lambda: _LOCALES[language()])
    babel.domain_instance = PoDomain()
    app.after_request(remember_language)
    app.jinja_env.globals.update(languages=LANGUAGES, language=language)


def gettext(text: str, **values: str) -> str:
    return str(flask_babel.gettext(text, **values))


def read_translations(code: str) -> Translations:
    compiled = BytesIO()
    with (TRANSLATIONS / f"{code}.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=code))
    compiled.seek(0)
    return Translations(compiled)


def language() -> str:
    """Return the code of the reader's language: "en" or "zh"."""
    for choice in (request.args.get("lang"), cookies.read(cookies.LANGUAGE)):
        if choice in LANGUAGES:
            return str(choice)
    return request.accept_languages.best_match(list(LANGUAGES), default=ENGLISH) or ENGLISH


def remember_language(response: Response) -> Response:
    choice = request.args.get("lang", "")
    if choice in LANGUAGES and request.path.startswith("/account"):
        cookies.write(response, cookies.LANGUAGE, choice, seconds=cookies.A_YEAR)
    return response
