"""Detection: find the face in each frame, follow it, locate its landmarks, see bystanders."""
