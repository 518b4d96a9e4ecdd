"""Records written in the transaction of a change: audit log, outbox, activity, public keys."""
