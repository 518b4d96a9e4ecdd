"""The application of the tests over HTTP: production's, but quicker.

It draws challenges from a short list, so that few bursts have to be rendered, and its password
hashes cost a tenth. As in production, a hash costs the same for known and unknown customers.

gunicorn's factory is `tests.support.application:create_wsgi()`; it runs in each worker. The
installed package has no such switch: only this factory, which is not part of it, exchanges the two.
It refuses the live profile.
"""

import os

from argon2 import PasswordHasher
from flask import Flask

from facepay import bootstrap, bootstrap_without_faces
from facepay.adapters.passwords import Argon2Passwords
from facepay.config import ConfigError, Profile, Settings
from facepay.usecases import begin_capture
from tests.support.challenges import draw_challenge

FACTORY = f"{__name__}:create_wsgi()"


def create_wsgi() -> Flask:
    """Build the application of one worker. Raises ConfigError in the live profile."""
    if Settings.from_environment(os.environ).profile is Profile.LIVE:
        raise ConfigError("the tests' application is not for the live profile")
    begin_capture.draw_challenge = draw_challenge
    bootstrap_without_faces.Argon2Passwords = quick_passwords
    return bootstrap.create_wsgi()


def quick_passwords() -> Argon2Passwords:
    """Make hashes of about 10 ms: long enough for a clock to show that one was left out."""
    return Argon2Passwords(PasswordHasher(time_cost=1, memory_cost=16 * 1024, parallelism=1))
