"""Which Chromium the browser tests drive: ``python -m tests.chromium`` prints it, or fails."""

from __future__ import annotations

import os
import shutil
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def chromium_path() -> str | None:
    """The program named by CHROMIUM, else the first one on the PATH."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


if __name__ == "__main__":
    found = chromium_path()
    print(found or "none")
    sys.exit(0 if found else 1)
