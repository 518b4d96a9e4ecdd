"""The rehearsal: a demo that plays a face payment over HTTP, and the renderer of its frames.

`python -m facepay_rehearsal` runs the demo. `python -m facepay_rehearsal.demo.leak_scan DIRECTORY`
searches the files that a demo left behind. This is a test tool: the service imports nothing of it.
"""
