"""The corridors: one file for each thing a person does; each owns its transactions.

Use cases know the domain and the ports, never a framework or a concrete adapter. What they
return is an answer (`answers.py`): flat, JSON-ready, without score, threshold or secret.
"""
