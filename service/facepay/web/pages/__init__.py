"""The customer's page: HTML forms rendered on the server, without script.

The use cases decide what a browser may do, as they do for every other client.
"""

from flask import Flask

from facepay.web.pages.credentials import credentials
from facepay.web.pages.devices import devices
from facepay.web.pages.duress import duress
from facepay.web.pages.face import face
from facepay.web.pages.language import register_languages
from facepay.web.pages.page_access import set_security_headers
from facepay.web.pages.signing_in import signing_in

BLUEPRINTS = (signing_in, face, credentials, devices, duress)


def register_pages(app: Flask) -> None:
    """Register the page's blueprints, languages and security headers."""
    register_languages(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.after_request(set_security_headers)
