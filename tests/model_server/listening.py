"""The server's application on a port of its own, its seats played by the test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from generation.model_server.app import App
from generation.model_server.film_desk import FilmTerms
from tests.model_server.filming import Studio
from tests.runtime.processes import wait_for


@contextmanager
def listening(
    works: Studio, *, key: str = "", host: str = "127.0.0.1", port: int = 0, **terms: Any
) -> Iterator[str]:
    """Its address up to ``/v1``; ``terms`` as ``FilmTerms`` takes them."""
    app = App(works, key=key, films=FilmTerms(port=port, **terms))
    config = uvicorn.Config(app, host=host, port=port, lifespan="on", log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        wait_for(lambda: server.started, what="the model server")
        (socket,) = server.servers[0].sockets
        yield f"http://{host}:{socket.getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join(60)
