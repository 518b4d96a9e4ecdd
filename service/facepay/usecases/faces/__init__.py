"""Enrolled faces: enrol, lock, unlock, revoke; destroy keys and prove that they are gone."""
