"""Captures: open one, begin its challenge, verify its manifest, judge it, compare the face."""
