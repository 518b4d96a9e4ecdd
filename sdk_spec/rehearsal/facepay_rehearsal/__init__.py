"""The rehearsal: the whole story of facepay played over HTTP, with two portraits for faces.

`python -m facepay_rehearsal` plays it; `python -m facepay_rehearsal.demo.leak_scan DIRECTORY`
searches the files that it left. This is a test tool: the service imports nothing of it.
"""
