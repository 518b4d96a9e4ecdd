"""Use cases: one module for each act of a client or an operator; each owns its transactions.

Use cases know the domain and the ports, never a framework or a concrete adapter. They return
answers (`responses.py`): flat values that are ready for JSON, without scores or thresholds.

Docstrings list the errors of each use case. Two kinds are not repeated there: every use case raises
StorageUnavailable, and each one with a `Command` raises the errors of `run_idempotent`.
"""
