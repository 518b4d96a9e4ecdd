"""Consents: grant or withdraw one. A withdrawal revokes the face."""
