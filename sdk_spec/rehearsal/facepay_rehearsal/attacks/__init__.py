"""Presentation attacks (ISO/IEC 30107-3), each rendered from its physical cause.

Every species is a function (source, challenge, seed) -> shots; the same arguments give the same
bytes. No species is made for or against a signal of the service.
"""
