"""The back doors: each module implements one port with one real technology."""
