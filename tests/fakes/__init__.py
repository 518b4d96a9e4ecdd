"""Fakes that implement the ports of facepay.ports in memory, and a house built of them.

Nothing of facepay is patched: a test that needs a failure, or something to happen in the middle
of a walk, asks the fakes' `Journal` for it. The database is the real adapter, on SQLite in memory
unless a test brings another.
"""
