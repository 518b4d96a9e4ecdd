"""gunicorn's settings, the same for the embedded service and for production.

`gunicorn -c python:facepay.gunicorn_conf "facepay.bootstrap:create_wsgi()"`

Two workers with eight threads each, of which at most three look at faces; the application is
built after the fork, because neither database connections nor models survive one. The access log
has path, status and time: no query, no header, no body. It has no timeout for slow senders: a
proxy in front reads the whole request first. gunicorn's own help describes each name.
"""

from os import environ as _environ

# Two workers share two cores: libraries that start threads of their own make each other wait.
for _of in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    _environ.setdefault(_of, "1")

workers = 2
worker_class = "gthread"
threads = 8
preload_app = False
timeout = 60
graceful_timeout = 20
keepalive = 0  # what follows a body that could not be read must never pass for a request
forwarder_headers = ""  # nobody moves the path by a header
limit_request_line = 2048
limit_request_fields = 64
accesslog = "-"
access_log_format = "%(t)s %(m)s %(U)s %(s)s %(M)sms %({facepay-request-id}o)s"
errorlog = "-"
loglevel = "info"
control_socket_disable = True  # it would need a writable path outside our directory
