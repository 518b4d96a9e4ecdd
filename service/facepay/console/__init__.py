"""Define further command groups of `facepay`, one group a module, and do their work."""
