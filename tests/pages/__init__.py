"""Tests of the customer's page in a real browser."""
