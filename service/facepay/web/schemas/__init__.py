"""Shapes of what comes in and goes out: marshmallow, no database, no rules."""
