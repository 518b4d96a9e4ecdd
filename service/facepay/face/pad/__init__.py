"""Presentation attack detection (ISO/IEC 30107-3): is it a living head, here and now?

One module for each signal, with one entry point; its docstring says what it stops and what it
cannot. `evaluate` asks all of them about one observation, `fusion` makes one outcome of what they
say, and every number that decides is in thresholds.toml.
"""
