"""Fakes that implement facepay.ports in memory, and the dependencies built of them.

Nothing of facepay is patched: a test that needs a failure, or something to happen in the middle
of a walk, asks the fakes' `Journal` for it. The database is the real adapter, on SQLite in memory
unless a test brings another.
"""
