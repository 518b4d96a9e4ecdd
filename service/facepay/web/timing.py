"""Log how long the stages of each request took, one line per request, in milliseconds.

    facepay.timing request=… view=faces.send_frames total=… signature=… observe=… pad=… …

A line holds names from this code, numbers and the request's id, and nothing else. A request
without a timed stage gets no line. The times go to the log only: a client that knew them could
tell which stage refused its request.
"""

import logging

from flask import Flask, Response, g, request

from facepay.usecases.stage_timing import StageClock, Ticks, start_clock

logger = logging.getLogger("facepay.timing")


def register_timing(app: Flask, ticks: Ticks) -> None:
    """Start a clock for each request and log its stages afterwards.

    Call this before anything else that runs before a request, so that the clock covers it all.
    """

    @app.before_request
    def start() -> None:
        g.stage_clock = start_clock(ticks)

    @app.after_request
    def write(response: Response) -> Response:
        clock: StageClock = g.stage_clock
        if clock.seconds():
            times = {"total": clock.total(), **clock.seconds()}
            shown = " ".join(f"{name}={seconds * 1000:.1f}" for name, seconds in times.items())
            logger.info("request=%s view=%s %s", g.get("request_id", ""), request.endpoint, shown)
        return response
