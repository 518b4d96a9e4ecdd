"""Operators: register parties, and act on customers' faces and codes under dual control."""
