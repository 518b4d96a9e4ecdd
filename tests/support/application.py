"""The application of the tests over HTTP: production's, with challenges from a short list.

gunicorn's factory is `tests.support.application:create_wsgi()`; it runs in each worker. The
installed package has no such switch: only this factory, which is not part of it, exchanges what
draws the challenges. It refuses the live profile.
"""

import os

from flask import Flask

from facepay import bootstrap
from facepay.config import ConfigError, Profile, Settings
from facepay.usecases.captures import begin
from tests.support.challenges import draw_challenge

FACTORY = f"{__name__}:create_wsgi()"


def create_wsgi() -> Flask:
    """Build the application of one worker. Raises ConfigError in the live profile."""
    if Settings.from_environment(os.environ).profile is Profile.LIVE:
        raise ConfigError("the tests' application is not for the live profile")
    begin.draw_challenge = draw_challenge
    return bootstrap.create_wsgi()
