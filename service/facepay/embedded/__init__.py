"""Run the real servers as child processes on loopback, for `make demo`, `facepay serve` and tests.

Production is configured with the addresses of its own servers and imports nothing from here.
gunicorn's settings (`facepay.gunicorn_conf`) and OpenBao's policy
(`facepay.adapters.openbao_policy`) are outside of this package for that reason, and an import
contract in pyproject.toml keeps it so.
"""
