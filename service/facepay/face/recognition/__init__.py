"""Recognition: describe faces, compare reference and probe 1:1, protect templates."""
