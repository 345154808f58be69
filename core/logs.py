"""Log lines: level, logger, message, and the request that it is about."""

from __future__ import annotations

import logging

from structlog.contextvars import get_contextvars


class LineFormatter(logging.Formatter):
    """``W techpack.jobs job 0190… failed request=req_…``."""

    def __init__(self) -> None:
        super().__init__("%(levelname).1s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line, with the request's id where one is known and the message does not say it."""
        line = super().format(record)
        request_id = get_contextvars().get("request_id")
        is_said = hasattr(record, "request_id")
        return f"{line} request={request_id}" if request_id and not is_said else line
