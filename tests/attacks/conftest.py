"""People on a street in front of the running service; see tests/stand/street.py."""

from tests.stand import street as _street

street = _street.street
till = _street.till
grace = _street.grace
