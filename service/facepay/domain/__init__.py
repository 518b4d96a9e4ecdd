"""Values and rules: payment, consent, capture, decision and the others.

This package uses the standard library only. Nothing here does I/O, reads a clock or knows a
framework: facts and time come in, values go out. The one exception to purity is `challenge.py`,
which draws challenges with `secrets`; use cases draw every other random number.
"""
