"""Records: audit log, outbox and activity, written with a change; public keys, read only."""
