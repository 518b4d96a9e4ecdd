"""Frames: read the header of an encoded picture, decode it into pixels."""
