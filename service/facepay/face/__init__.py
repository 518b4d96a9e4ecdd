"""The engine room: pixels in, numbers out.

Knows no customer, no payment and no database, and imports nothing else of facepay. What goes
wrong leaves as one type, `errors.FaceRefusal`. Faces are compared 1:1 only; nothing here can
search. No module loads a model when it is imported, and none writes to disk but `model_cache`,
which keeps the converted public weights and landmark trees.
"""
