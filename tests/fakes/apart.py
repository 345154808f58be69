"""A vendor in a process of its own, so that its work is not counted as ours."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.embedded.postgres import PROJECT


@contextmanager
def vendor_of(module: str) -> Iterator[str]:
    """The address that ``python -m module`` prints first, while it runs.

    It ends with its standard input.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(60)
