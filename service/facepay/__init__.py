"""facepay: your face can pay, and you can take it back."""
