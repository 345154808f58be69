"""What came over HTTP and what goes back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

JSON: Final = "application/json"


@dataclass(frozen=True)
class Request:
    """What came: headers in lower case, the body whole.

    ``video_id`` is the film in the address, ``query`` its variables.
    """

    headers: Mapping[str, str]
    body: bytes
    video_id: str = ""
    query: str = ""


@dataclass(frozen=True)
class Reply:
    """What goes back: ``body``, or else all of an open file, which is closed then."""

    body: bytes = b""
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] | None = None
    file: BinaryIO | None = None


def json_reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Data that can be written as JSON."""
    return Reply(json.dumps(value).encode(), status, headers=headers)
