"""Build the web application: access checks, views, problem responses, OpenAPI."""

import time
from typing import Any

from flask import Flask
from flask_smorest import Api
from werkzeug.routing import BaseConverter

from facepay.usecases.dependencies import Dependencies
from facepay.usecases.stage_timing import Ticks
from facepay.web.access import API_VERSION, register_access_checks
from facepay.web.activity import activity
from facepay.web.clients import clients
from facepay.web.faces import faces
from facepay.web.operators import operators
from facepay.web.pages import register_pages
from facepay.web.parties import parties
from facepay.web.payments import payments
from facepay.web.problems import register_problems
from facepay.web.published import published
from facepay.web.timing import register_timing
from facepay.web.webhooks import webhooks

BLUEPRINTS = (parties, clients, faces, operators, payments, webhooks, activity, published)


class IdConverter(BaseConverter):
    """Match facepay's identifiers, such as `pi_` and 32 hexadecimal digits; the rest is a 404."""

    regex = r"[a-z]{2,5}_[0-9a-f]{32}"


class KeyidConverter(BaseConverter):
    """Match keyids: RFC 7638 thumbprints by SHA-256, in base64url; the rest is a 404."""

    regex = r"[A-Za-z0-9_-]{43}"


def create_app(deps: Dependencies, origin: str, *, ticks: Ticks = time.perf_counter) -> Flask:
    """Create the WSGI application for one worker.

    `origin` is the scheme and host that clients sign (`https://pay.example`). The service refuses
    a request signed for another host, whatever the request's Host header says. `ticks` returns
    seconds and measures how long each stage takes.
    """
    app = Flask("facepay")
    app.config.update(_openapi(), FACEPAY_ORIGIN=origin)
    app.extensions["facepay"] = deps
    app.url_map.merge_slashes = False  # no redirects: each address has one meaning
    app.url_map.converters["id"] = IdConverter
    app.url_map.converters["keyid"] = KeyidConverter
    api = Api(app)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    register_pages(app)
    register_timing(app, ticks)
    register_access_checks(app, deps, origin)
    register_problems(app)
    return app


def _openapi() -> dict[str, Any]:
    return {
        "API_TITLE": "facepay",
        "API_VERSION": API_VERSION,
        "OPENAPI_VERSION": "3.1.0",
    }
