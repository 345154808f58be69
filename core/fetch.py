"""Fetching a picture from an address that a user gave, on a pinned connection (``core.pinned``)."""

from __future__ import annotations

import time
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urljoin

from core.errors import InvalidRequest, PayloadTooLarge
from core.images import LARGEST_FILE, clean_name
from core.pinned import (
    BROKEN,
    LATE,
    NotAllowed,
    Reach,
    asked,
    body_of,
    checked_url,
    public_web,
    refuse,
)
from core.streams import gather_limited

DEADLINE_S = 20.0
MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = [("Accept", "image/*"), ("Accept-Encoding", "identity")]


class Fetched(NamedTuple):
    """A file from elsewhere; name and type are what was claimed, cleaned."""

    data: bytes
    filename: str
    declared_type: str


def fetch_image(
    url: str,
    *,
    limit: int = LARGEST_FILE,
    deadline_s: float = DEADLINE_S,
    field: str = "imageUrl",
    reach: Reach | None = None,
) -> Fetched:
    """Download at most ``limit`` bytes within ``deadline_s`` in all, redirects included.

    Raises InvalidRequest with URL_NOT_ALLOWED for whatever goes wrong; ``fields`` names
    ``field``. What was loaded is not looked at: give it to ``take_image``.
    """
    reach = reach or public_web()
    ends_at = time.monotonic() + deadline_s
    try:
        for _ in range(MOST_REDIRECTS + 1):
            answer = _get(checked_url(url, reach), limit=limit, ends_at=ends_at, reach=reach)
            if isinstance(answer, Fetched):
                return answer
            url = urljoin(url, answer)
        refuse("It redirects too often.")
    except NotAllowed as refused:
        why = str(refused)
    except PayloadTooLarge as refused:
        why = refused.message
    except LATE:
        why = "The server took too long to answer."
    except BROKEN:
        why = "The server could not be reached, or did not answer properly."
    raise InvalidRequest(
        "The picture could not be loaded from this address.",
        code="URL_NOT_ALLOWED",
        detail=why,
        fields={field: [why]},
        suggestions=["Use a public https:// link to the picture itself", "Upload the file instead"],
    )


def _get(parts: SplitResult, *, limit: int, ends_at: float, reach: Reach) -> Fetched | str:
    """One request: the file, or the address that it is redirected to."""
    with asked("GET", parts, headers=_HEADERS, ends_at=ends_at, reach=reach) as response:
        headers = {name.lower(): value.decode("latin-1") for name, value in response.headers}
        if response.status in _REDIRECTS and b"location" in headers:
            return headers[b"location"]
        if response.status != 200:
            refuse(f"The server answered {response.status} instead of a picture.")
        if headers.get(b"content-encoding", "identity") != "identity":
            refuse("The server sent the picture compressed, which was not asked for.")
        stated = headers.get(b"content-length", "0")
        if not stated.isdigit() or int(stated) > limit:
            refuse("The file is too large.")
        data = gather_limited(body_of(response, ends_at), limit)
    last = unquote(parts.path.rpartition("/")[2], errors="replace")
    declared = headers.get(b"content-type", "").partition(";")[0].strip().lower()
    return Fetched(data, clean_name(last), declared[:100])
