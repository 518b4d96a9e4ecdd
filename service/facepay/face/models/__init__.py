"""Models: the networks as files, their cards, their conversion and their cache."""
