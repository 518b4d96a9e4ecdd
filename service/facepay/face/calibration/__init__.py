"""Calibration: count comparison errors, and compute their confidence bounds."""
