"""Webhooks: register endpoints, deliver the events of the outbox."""
