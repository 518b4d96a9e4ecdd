"""Frames: read the header of an encoded picture, and decode it into pixels."""
