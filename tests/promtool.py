"""Which promtool checks the alert rules: ``python -m tests.promtool`` prints it, or fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def promtool_path() -> str | None:
    """The program named by PROMTOOL, else the one on the PATH."""
    return shutil.which(os.environ.get("PROMTOOL") or "promtool")


def promtool(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What it says, in a folder; fails the test where there is none."""
    program = promtool_path()
    if program is None:
        pytest.fail(
            "There is no promtool: install it (Debian: apt install prometheus) or set "
            "PROMTOOL=/path/to/it. script/test leaves these tests out where there is none."
        )
    return subprocess.run(
        [program, *words], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


if __name__ == "__main__":
    found = promtool_path()
    print(found or "none")
    sys.exit(0 if found else 1)
