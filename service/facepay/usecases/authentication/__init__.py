"""Verify callers and credentials: signing keys, passwords, codes, sessions, counted attempts."""
