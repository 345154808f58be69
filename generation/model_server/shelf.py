"""Films on disk, a folder each: how far they are, and what came of them, for as long as kept.

Each file is replaced as a whole, so several servers may share one shelf: whoever is asked answers
for every film. A film that nobody has said anything of for ``SILENT_S`` was left by a server that
died.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

SILENT_S: Final = 60.0
FILM, THUMBNAIL = "film.mp4", "thumbnail.jpg"
_STATE, _UNWANTED = "state.json", "unwanted"
_REF: Final = re.compile(r"video_[0-9a-f]{32,128}")

State = dict[str, Any]


class Shelf:
    """The films of a folder. A reference that is none is that of no film."""

    def __init__(self, folder: Path, *, keep_s: float, most_bytes: int) -> None:
        self._folder, self._keep_s, self._most_bytes = folder, keep_s, most_bytes

    def begin(self, ref: str, told: Mapping[str, Any]) -> State:
        """A new film, queued; ``told`` is what it was asked with."""
        state = {
            "id": ref,
            "object": "video",
            "created_at": int(time.time()),
            "completed_at": None,
            "expires_at": None,
            "status": "queued",
            "progress": 0,
            "remixed_from_video_id": None,
            "error": None,
            **told,
        }
        self.folder(ref).mkdir(parents=True)
        write_state(self.folder(ref), state)
        return state

    def state(self, ref: str) -> State | None:
        """What is known of a film; None where there is none, or none any more."""
        if not _REF.fullmatch(ref):
            return None
        folder = self.folder(ref)
        state = read_state(folder)
        if state is None or is_unwanted(folder) or _is_expired(state):
            return None
        if _is_open(state) and time.time() - _touched(folder) > SILENT_S:
            return self.fail(ref, {"code": "server_error", "message": "The film was lost."})
        return state

    def complete(self, ref: str) -> State | None:
        """The film is there."""
        now = int(time.time())
        over = {"completed_at": now, "expires_at": int(now + self._keep_s), "progress": 100}
        return self._change(ref, {"status": "completed", **over})

    def fail(self, ref: str, error: Mapping[str, Any]) -> State | None:
        """There will be no film; ``error`` is ``{code, message}``."""
        now = int(time.time())
        over = {"completed_at": now, "expires_at": int(now + self._keep_s)}
        return self._change(ref, {"status": "failed", "error": dict(error), **over})

    def touch(self, ref: str) -> None:
        """Somebody still works on the film, or will."""
        with suppress(OSError):
            os.utime(self.folder(ref) / _STATE)

    def delete(self, ref: str) -> None:
        """Nobody wants the film: whoever makes it stops when it sees that."""
        folder = self.folder(ref)
        state = read_state(folder)
        if state is not None and _is_open(state):
            (folder / _UNWANTED).touch()
        else:
            self.clear(ref)

    def clear(self, ref: str) -> None:
        """Take a film from the shelf."""
        shutil.rmtree(self.folder(ref), ignore_errors=True)

    def tidy(self) -> None:
        """Take away what is expired, was left behind, or is beyond the room there is."""
        kept = []
        for folder in self._folders():
            state = read_state(folder)
            is_left = state is None or is_unwanted(folder)
            if is_left and time.time() - _touched(folder) < SILENT_S:
                continue
            if state is None or is_left or _is_expired(state):
                self.clear(folder.name)
            elif not _is_open(state):
                kept.append((state["completed_at"], _size(folder), folder.name))
        room = self._most_bytes
        for _, size, ref in sorted(kept, reverse=True):
            room -= size
            if room < 0:
                self.clear(ref)

    def folder(self, ref: str) -> Path:
        """Where a film's files are."""
        return self._folder / ref

    def _folders(self) -> Iterator[Path]:
        if self._folder.is_dir():
            yield from (path for path in self._folder.iterdir() if _REF.fullmatch(path.name))

    def _change(self, ref: str, news: Mapping[str, Any]) -> State | None:
        folder = self.folder(ref)
        state = read_state(folder)
        if state is None or not _is_open(state):
            return state
        state |= news
        with suppress(FileNotFoundError):
            write_state(folder, state)
        return state


def read_state(folder: Path) -> State | None:
    """The state in a film's folder, if there is one."""
    try:
        return dict(json.loads((folder / _STATE).read_bytes()))
    except (OSError, ValueError):
        return None


def write_state(folder: Path, state: Mapping[str, Any]) -> None:
    """Replace the state in a film's folder. Raises FileNotFoundError where that is gone."""
    put(folder / _STATE, json.dumps(state).encode())


def put(path: Path, content: bytes) -> None:
    """A file as a whole or not at all. Raises FileNotFoundError where its folder is gone."""
    draft = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    draft.write_bytes(content)
    draft.replace(path)


def is_unwanted(folder: Path) -> bool:
    """Whether a film was deleted while it was made."""
    return (folder / _UNWANTED).exists()


def _is_open(state: State) -> bool:
    return state["status"] in ("queued", "in_progress")


def _is_expired(state: State) -> bool:
    return state["expires_at"] is not None and state["expires_at"] <= time.time()


def _touched(folder: Path) -> float:
    """When something was last said of a film, in unix seconds."""
    for path in (folder / _STATE, folder):
        with suppress(OSError):
            return path.stat().st_mtime
    return 0.0


def _size(folder: Path) -> int:
    sizes = []
    with suppress(OSError):
        sizes = [path.stat().st_size for path in folder.iterdir()]
    return sum(sizes)
