"""Recognition: describe a face as numbers, compare two, protect a template."""
