"""The rooms: what a payment, a consent, a capture and a decision are.

Standard library only. Nothing here does I/O, reads a clock or knows a framework: facts and
time come in, values go out. Drawing of random numbers (`secrets`) is done by the use cases.
"""
