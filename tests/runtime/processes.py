"""Looking at processes from outside, as an operator would."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from deploy.embedded.postgres import PROJECT

Found = TypeVar("Found")
_pause = threading.Event()


def wait_for(
    look: Callable[[], Found],
    *,
    within_s: float = 60.0,
    every_s: float = 0.05,
    what: str = "the condition",
) -> Found:
    """The first true answer of ``look``; fails after the deadline."""
    deadline = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what} did not come within {within_s} s"
        _pause.wait(every_s)
    return found


def command_lines() -> dict[int, str]:
    """Every live process of the machine: id → command line."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if words:
                found[int(folder.name)] = words.decode(errors="replace")
    return found


def descendants(root: int) -> set[int]:
    """The processes below ``root``, however deep."""
    parents = {}
    for pid in command_lines():
        try:
            status = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents[pid] = int(status.rpartition(")")[2].split()[1])
    below, grown = {root}, True
    while grown:
        new = {pid for pid, parent in parents.items() if parent in below} - below
        below |= new
        grown = bool(new)
    return below - {root}


def alive(pids: set[int]) -> set[int]:
    """Those of ``pids`` that still run; a zombie does not."""
    return {pid for pid in pids if _state(pid) not in ("Z", "X", None)}


def _state(pid: int) -> str | None:
    # Not by the command line: for a moment after exec that is empty.
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return status.rpartition(")")[2].split()[0]


@contextmanager
def python(code: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process in the project's folder, killed at the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
