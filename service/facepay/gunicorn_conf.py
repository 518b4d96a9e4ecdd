"""Configure gunicorn; production and the embedded service use the same settings.

`gunicorn -c python:facepay.gunicorn_conf "facepay.bootstrap:create_wsgi()"`

Each of two workers has eight threads; at most three of the eight look at faces at a time. The
master imports the code, so that a worker that replaces a killed one starts two seconds sooner. A
worker builds its application after the fork, because neither database connections nor models
survive a fork. New code needs a new master: after SIGHUP the workers still run the old code.

The access log has method, path, status, time and request id, and no query, header or body.
gunicorn has no timeout for slow senders: the proxy in front must read the whole request first.
gunicorn's own documentation describes each name.
"""

from os import environ as _environ

# Two workers share two cores, so numerical libraries that start more threads slow each other down.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    _environ.setdefault(_variable, "1")

workers = 2
worker_class = "gthread"
threads = 8
preload_app = False
timeout = 60
graceful_timeout = 20
keepalive = 0  # the rest of an unread body must never be taken for the next request
forwarder_headers = ""  # no header may change the script name or the path
limit_request_line = 2048
limit_request_fields = 64
accesslog = "-"
access_log_format = "%(t)s %(m)s %(U)s %(s)s %(M)sms %({facepay-request-id}o)s"
errorlog = "-"
loglevel = "info"
control_socket_disable = True  # the socket would need a writable path outside our directory


def on_starting(_server: object) -> None:
    """Import the service, and build nothing."""
    import facepay.bootstrap  # noqa: F401
