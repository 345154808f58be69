"""The web process: uvicorn on the socket that the supervisor opened.

Run as ``python -m deploy.embedded.web DESCRIPTOR``.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys

import uvicorn
from django.urls import get_resolver

# Open event streams would hold the exit; what answers were cut off is charged after it.
GRACE_S = 1


def main(descriptor: int) -> None:
    """Serve until SIGTERM."""
    config = uvicorn.Config(
        "config.asgi:application",
        timeout_graceful_shutdown=GRACE_S,
        forwarded_allow_ips=os.environ.get("TRUSTED_PROXIES", ""),
        server_header=False,
        lifespan="off",
        log_level="info",
    )
    config.load()
    from billing.standin import sending  # settings are there only now

    # Every page's code now, not at the first request: what is broken shows at the start.
    assert get_resolver().url_patterns  # noqa: S101
    sending.start()
    # uvicorn raises the signal again when it has stopped, which would end the process with its
    # last coroutines and threads in the middle of what they do.
    signal.signal(signal.SIGTERM, lambda *_: None)
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


def _is_news(record: logging.LogRecord) -> bool:
    """Not that a request was cut off, which the line about the time that is over tells."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


if __name__ == "__main__":
    main(int(sys.argv[1]))
