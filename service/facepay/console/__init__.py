"""Commands of `facepay` that would make `cli.py` outgrow itself: thin, a group a module."""
