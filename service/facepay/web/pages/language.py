"""The reader's language: from a link on the page, a cookie, or what the browser asks for.

Texts stand in English where they are shown; the catalogues under `translations/` have the others.
They are read as .po files at the start of a worker: nothing has to be compiled first.
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
_LOCALES = {ENGLISH: "en_GB", "zh": "zh_Hans_CN"}  # how dates and amounts are written
TRANSLATIONS = Path(__file__).parent / "translations"


class PoDomain(flask_babel.Domain):  # type: ignore[misc]  # it publishes no types
    """Texts by language, in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._texts = {code: read_catalogue(code) for code in LANGUAGES if code != ENGLISH}
        self._as_written = NullTranslations()

    def get_translations(self) -> Any:
        return self._texts.get(language(), self._as_written)


def speak(app: Flask) -> None:
    babel = flask_babel.Babel(app, locale_selector=lambda: _LOCALES[language()])
    babel.domain_instance = PoDomain()
    app.after_request(remember_language)
    app.jinja_env.globals.update(languages=LANGUAGES, language=language)


def gettext(text: str, **values: str) -> str:
    return str(flask_babel.gettext(text, **values))


def read_catalogue(code: str) -> Translations:
    compiled = BytesIO()
    with (TRANSLATIONS / f"{code}.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=code))
    compiled.seek(0)
    return Translations(compiled)


def language() -> str:
    for wish in (request.args.get("lang"), cookies.kept(cookies.LANGUAGE)):
        if wish in LANGUAGES:
            return str(wish)
    return request.accept_languages.best_match(list(LANGUAGES), default=ENGLISH) or ENGLISH


def remember_language(response: Response) -> Response:
    wish = request.args.get("lang", "")
    if wish in LANGUAGES and request.path.startswith("/account"):
        cookies.keep(response, cookies.LANGUAGE, wish, seconds=cookies.A_YEAR)
    return response
