"""What the tests stand on: real servers for a session, and the count of who used which."""
