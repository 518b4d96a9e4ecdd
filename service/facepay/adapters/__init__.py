"""Implement the ports with real technology: databases, OpenBao, cryptography, the face engine."""
