"""The renderer: it makes frames of turning, nodding and lit heads from still portraits."""
