"""Fakes that implement facepay.ports in memory, and the dependencies built of them.

Nothing of facepay is patched. A test that needs a failure, or an event in the middle of a use case,
prepares it in the fakes' `Journal`. The database is the real adapter, on SQLite in memory unless a
test brings another.
"""
