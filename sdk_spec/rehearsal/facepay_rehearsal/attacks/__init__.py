"""Presentation attacks (liveness.md), each as what it physically is.

Every species is a function (source, challenge, seed) -> shots; the same arguments give the same
bytes. Nothing here is told what a signal looks at.
"""
