"""Mutations of behaviour: drawn once by a seed, applied to a clone, and run against the tests.

    operators   the kinds of changes
    sites       the places of a module that they can change
    draw        draw 60 places, write drawn.json
    place       find a drawn place again, after files have moved and names have changed
    contexts    record which tests execute which line
    run         apply each mutation to a clone and find the first test that fails

docs/mutation.md says how to run them and what they showed.
"""
