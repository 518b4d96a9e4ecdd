"""Payments: open an intent, authorize it by face or by password, sign the approval."""
