"""The HTTP layer, and the only place that imports Flask. A view calls one use case."""
