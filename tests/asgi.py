"""The application as it is really served, by uvicorn, in the tests' own process and database."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import uvicorn

from tests.runtime.processes import wait_for

STOP_WITHIN_S = 2


@contextmanager
def serving(*, stop_within_s: int = STOP_WITHIN_S) -> Iterator[str]:
    """The address of a server that streams; it ends with the block.

    What is being answered then has ``stop_within_s`` to come to its end; streams are cut off.
    """
    from config.asgi import application  # settings are there only now

    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            application,
            lifespan="off",
            log_level="warning",
            timeout_graceful_shutdown=stop_within_s,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            wait_for(lambda: server.started, what="uvicorn")
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
