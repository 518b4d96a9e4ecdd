"""The renderer: portraits become head turns, nods and lit scenes, frame by frame."""
