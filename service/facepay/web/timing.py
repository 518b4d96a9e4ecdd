"""One line in the service's own log for each request that took steps: which took how long.

    facepay.timing request=… view=faces.send_frames total=… signature=… observe=… pad=… …

Milliseconds. A line has names that stand in this code, numbers and the request's id, and nothing
else; no header of the answer carries any of it.
"""

import logging

from flask import Flask, Response, g, request

from facepay.usecases.stage_timing import StageClock, Ticks, start_clock

logger = logging.getLogger("facepay.timing")


def time_requests(app: Flask, ticks: Ticks) -> None:
    """To be called before anything else that happens before a request."""

    @app.before_request
    def start() -> None:
        g.step_clock = start_clock(ticks)

    @app.after_request
    def write(response: Response) -> Response:
        clock: StageClock = g.step_clock
        if clock.seconds():
            times = {"total": clock.total(), **clock.seconds()}
            shown = " ".join(f"{name}={seconds * 1000:.1f}" for name, seconds in times.items())
            logger.info("request=%s view=%s %s", g.get("request_id", ""), request.endpoint, shown)
        return response
