"""Measurements: `make bench-engine`. They write to var/bench and decide nothing."""
