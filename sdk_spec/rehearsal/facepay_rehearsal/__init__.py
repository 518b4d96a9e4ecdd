"""The rehearsal: the whole story of facepay played over HTTP, with two portraits for faces.

`python -m facepay_rehearsal` plays it, `python -m facepay_rehearsal.scan DIRECTORY` searches what
it left. A test tool: the service imports nothing of it.
"""
