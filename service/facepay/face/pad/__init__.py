"""Presentation attack detection (ISO/IEC 30107-3): small signals, each with a named reason."""
