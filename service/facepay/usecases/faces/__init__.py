"""Faces: enrol, lock, unlock, revoke, renew; destroy keys, and sign deletion receipts."""
