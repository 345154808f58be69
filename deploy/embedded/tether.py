"""Become another program that dies with its parent: ``python tether.py PARENT SIGNAL USER -- …``.

A program of its own, standard library only, so that nothing runs between fork and exec in the
parent. PARENT is the process id that must still be our parent, SIGNAL the name that the kernel
sends us when that parent ends, USER a user name to become first, or ``-``.
Where the kernel offers no such signal (macOS) this program stays between the two and looks.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
LOOK_S = 0.25


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


def watch(command: Sequence[str], *, parent: int, signal_number: int) -> int:
    """Run ``command`` until it ends, passing signals on; end it when the parent has gone."""
    child = subprocess.Popen(command)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, lambda received, _: child.send_signal(received))
    while os.getppid() == parent:
        try:
            return child.wait(LOOK_S)
        except subprocess.TimeoutExpired:
            continue
    child.send_signal(signal_number)
    return child.wait()


def main(arguments: Sequence[str]) -> None:
    """Drop privileges, tie ourselves to the parent, then exec."""
    parent, signal_name, user, _, *command = arguments
    if user != "-":
        become(user)
    # After setuid, which clears the parent-death signal.
    die_with_parent(signal.Signals[signal_name])
    if os.getppid() != int(parent):
        sys.exit("tether: the parent is gone")
    if sys.platform == "linux":
        os.execvp(command[0], command)  # noqa: S606
    sys.exit(watch(command, parent=int(parent), signal_number=signal.Signals[signal_name]))


if __name__ == "__main__":
    main(sys.argv[1:])
