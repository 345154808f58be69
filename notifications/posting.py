"""One POST to an address of a user's own, and how it went."""

from __future__ import annotations

import errno
import re
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import httpcore

from core.pinned import BROKEN, LATE, Header, NotAllowed, Reach, asked, body_of, checked_url
from notifications.target_urls import targets_reach

DEADLINE_S: Final = 10.0
LONGEST_WORDS: Final = 200
GONE: Final = 410
_TOO_LATE: Final = f"No answer within {DEADLINE_S:.0f} seconds."
_UNREACHED: Final = "The server could not be reached"
_NO_NAME: Final = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})
_WAIT_TOLD: Final = frozenset({429, 503})
_SPACE: Final = re.compile(r"\s+")


@dataclass(frozen=True)
class Answer:
    """What came of it.

    ``status`` is HTTP's, None where no answer came; ``words`` say what was wrong in at most 200
    characters; ``took_ms`` is the time until the end. ``wait_s`` is how long the receiver asks to
    be left alone, None where it does not.
    """

    status: int | None
    words: str
    took_ms: int
    wait_s: float | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300


def post(
    url: str,
    body: bytes,
    headers: Sequence[Header],
    *,
    deadline_s: float = DEADLINE_S,
    reach: Reach | None = None,
) -> Answer:
    """Send it once. Redirects are not followed; whatever goes wrong is told, never raised."""
    reach = reach or targets_reach()
    began = time.monotonic()
    sent = [("Content-Type", "application/json"), ("Accept-Encoding", "identity"), *headers]
    status: int | None = None
    wait_s: float | None = None
    try:
        parts = checked_url(url, reach)
        ends_at = began + deadline_s
        with asked(
            "POST", parts, headers=sent, content=body, ends_at=ends_at, reach=reach
        ) as response:
            status = response.status
            wait_s = _wait_of(response)
            words = "" if 200 <= status < 300 else _words_of(response, ends_at)
    except NotAllowed as refused:
        words = str(refused)
    except LATE:
        words = _TOO_LATE if status is None else _named(status)
    except BROKEN as error:
        words = _broken(error) if status is None else _named(status)
    return Answer(status, _clipped(words), round(1000 * (time.monotonic() - began)), wait_s)


def _named(status: int) -> str:
    """``404 Not Found``."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _words_of(response: httpcore.Response, ends_at: float) -> str:
    """The status, and how the answer's text begins: one piece of it, at most 64 KB, is enough."""
    if 300 <= response.status < 400:
        return f"{_named(response.status)}: redirects are not followed."
    first = next(body_of(response, ends_at), b"")
    told = first[: LONGEST_WORDS * 4].decode(errors="replace")
    return f"{_named(response.status)}: {told}" if told.strip() else _named(response.status)


def _wait_of(response: httpcore.Response) -> float | None:
    """``Retry-After`` in seconds from now, as a number or a date; None where it says neither."""
    if response.status not in _WAIT_TOLD:
        return None
    told = {name.lower(): value for name, value in response.headers}.get(b"retry-after", b"")
    words = told.decode("latin-1").strip()
    if words.isascii() and words.isdigit() and len(words) < 10:
        return float(words)
    try:
        at = parsedate_to_datetime(words)
    except (ValueError, IndexError, TypeError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())


def _broken(error: Exception) -> str:
    """What broke, in plain words instead of the system's own."""
    if isinstance(error, httpcore.ProtocolError):
        return "The server did not answer in HTTP."
    # The pool drops the cause of its errors; their first argument still is it.
    cause = next((one for one in error.args if isinstance(one, Exception)), error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"The server's certificate is not valid: {cause.verify_message}."
    if isinstance(cause, ValueError):
        return "This is not a web address."
    return f"{_UNREACHED}{_why(cause)}."


def _why(cause: Exception) -> str:
    """What follows "could not be reached": nothing, or a colon and the reason."""
    match cause:
        case socket.gaierror() if cause.errno in _NO_NAME:
            return ": its host name does not exist"
        case socket.gaierror():
            return ": its host name was not found just now"
        case ssl.SSLError():
            return ": no secure connection came about"
        case ConnectionRefusedError():
            return ": it refuses connections"
        case ConnectionResetError() | BrokenPipeError():
            return ": it closed the connection before it answered"
        case OSError(errno=errno.ENETUNREACH | errno.EHOSTUNREACH):
            return ": no way leads to it"
    return ""


def _clipped(words: str) -> str:
    """On one line, what cannot be printed left out, within what is kept."""
    plain = "".join(one for one in words if one.isprintable() or one.isspace())
    return _SPACE.sub(" ", plain)[:LONGEST_WORDS]
