"""What `make demo`, `facepay serve` and the tests start on this machine instead of a data centre.

Real servers on loopback, run as children of the process that wants them. Production points to its
own servers by URL and imports nothing from here.
"""
