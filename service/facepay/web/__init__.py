"""The front door: Flask lives here and nowhere else. A view calls one use case."""
