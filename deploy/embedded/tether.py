"""Become another program that dies with its parent: ``python tether.py PARENT SIGNAL USER -- …``.

A program of its own, standard library only, so that nothing runs between fork and exec in the
parent. PARENT is the process id that must still be our parent, SIGNAL the name that the kernel
sends us when that parent ends, USER a user name to become first, or ``-``.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1


def tethered(
    command: Sequence[str | Path],
    *,
    signal_name: str = "SIGTERM",
    user: str | None = None,
    parent: int | None = None,
) -> list[str]:
    """The command line that runs ``command`` tied to this process.

    The kernel watches the *thread* that starts the child: call Popen from one that lasts.
    """
    return [
        sys.executable,
        "-I",
        "-S",
        str(Path(__file__).resolve()),
        str(parent or os.getpid()),
        signal_name,
        user or "-",
        "--",
        *map(str, command),
    ]


def die_with_parent(signal_number: int) -> None:
    """Ask the kernel to send us ``signal_number`` when the parent ends (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number)


def become(user: str) -> None:
    """Drop from root to ``user`` for good."""
    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def main(arguments: Sequence[str]) -> None:
    """Drop privileges, tie ourselves to the parent, then exec."""
    parent, signal_name, user, _, *command = arguments
    if user != "-":
        become(user)
    # After setuid, which clears the parent-death signal.
    die_with_parent(signal.Signals[signal_name])
    if os.getppid() != int(parent):
        sys.exit("tether: the parent is gone")
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
