"""Calibration: count comparison errors and bound them with confidence."""
