"""Checks of the code's form that no linter has: size limits and required docstrings.

`make check` runs them: `python -m tests.checks`.
"""
