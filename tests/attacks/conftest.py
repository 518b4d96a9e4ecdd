"""Fixtures of the tests over HTTP: see tests/support/scenario.py."""

from tests.support import scenario as _scenario

scenario = _scenario.scenario
pos = _scenario.pos
grace = _scenario.grace
