"""What customers change and read about themselves: password, factors, codes, account."""
