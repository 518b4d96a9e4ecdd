"""The demo: a face payment, attacks on it, and its revocation, over HTTP and with a report."""
