"""Client keys: customers withdraw their devices, merchants replace their keys and terminals'."""
