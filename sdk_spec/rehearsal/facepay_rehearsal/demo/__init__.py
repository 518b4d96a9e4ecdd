"""The demo: the whole story of a face payment, played over HTTP and reported."""
