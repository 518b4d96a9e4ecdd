"""Webhooks: register endpoints, and deliver the events of the outbox."""
