"""People on a street in front of the running service; see tests/stand/street.py."""

from tests.stand import street as _street

street = _street.street
pos = _street.pos
grace = _street.grace
