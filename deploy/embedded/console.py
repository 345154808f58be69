"""The server's log: time, part, line."""

from __future__ import annotations

import os
import sys
from datetime import datetime

WIDTH = 9
COLOURS = {
    "server": 97,
    "postgres": 34,
    "valkey": 35,
    "prepare": 33,
    "web": 32,
    "worker": 36,
    "housework": 96,
    "films": 95,
    "beat": 94,
}


def _is_coloured() -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def say(part: str, line: str) -> None:
    """Print one line of ``part``; a reader that has gone away is no reason to stop."""
    clock = datetime.now().astimezone().strftime("%H:%M:%S")
    label = f"{part:<{WIDTH}}"
    if _is_coloured():
        label = f"\x1b[{COLOURS.get(part, 37)}m{label}\x1b[0m"
        clock = f"\x1b[2m{clock}\x1b[0m"
    try:
        print(f"{clock} {label} {line}", flush=True)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
