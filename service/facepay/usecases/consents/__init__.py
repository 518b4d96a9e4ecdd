"""Consents: grant one, withdraw one. A withdrawal revokes the face."""
