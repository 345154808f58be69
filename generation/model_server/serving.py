"""Running the server until it is asked to stop."""

from __future__ import annotations

import uvicorn

from generation.model_server.app import App
from generation.model_server.film_desk import FilmTerms
from generation.model_server.seats import Seats


def run(
    *,
    host: str,
    port: int,
    workers: int,
    waiting_most: int,
    timeout_s: float,
    key: str,
    films: FilmTerms,
) -> None:
    """Serve on ``host:port`` with ``workers`` seats; returns after SIGTERM or SIGINT.

    What has begun is finished first, for at most ``timeout_s`` seconds.
    """
    seats = Seats(size=workers, waiting_most=waiting_most, timeout_s=timeout_s)
    app = App(seats, key=key, films=films)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        lifespan="on",
        log_level="info",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=round(timeout_s),
        timeout_keep_alive=30,
    )
    uvicorn.Server(config).run()
