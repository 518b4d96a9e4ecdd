"""Real servers for a test session, shared fixtures, and the tally of tests against each server."""
