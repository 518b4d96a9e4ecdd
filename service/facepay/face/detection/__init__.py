"""Detection: find and follow the face of a capture, locate its landmarks, see bystanders."""
