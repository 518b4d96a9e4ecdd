"""Measure faces: pixels go in, numbers come out.

This package knows no customer, payment or database and imports nothing else of facepay. It raises
one exception type for a capture that cannot be used, `errors.FaceRefusal`. It compares faces 1:1
only and contains no search. No module loads a model when it is imported. Only `models.model_cache`
writes to disk, the converted public weights and landmark trees, and `model_store`, the networks
that an operator adds.
"""
