"""The customer's page: rendered here, forms only, no script.

It is a client of the use cases like any other: what a browser may do is decided there.
"""

from flask import Flask

from facepay.web.pages.credentials import credentials
from facepay.web.pages.duress import duress
from facepay.web.pages.face import own_face
from facepay.web.pages.language import speak
from facepay.web.pages.page_access import set_security_headers
from facepay.web.pages.signing_in import signing_in

BLUEPRINTS = (signing_in, own_face, credentials, duress)


def open_pages(app: Flask) -> None:
    speak(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.after_request(set_security_headers)
