"""Which promtool checks the alert rules: ``python -m tests.promtool`` prints it, or fails."""

from __future__ import annotations

import os
import shutil
import sys


def promtool_path() -> str | None:
    """The program named by PROMTOOL, else the one on the PATH."""
    return shutil.which(os.environ.get("PROMTOOL") or "promtool")


if __name__ == "__main__":
    found = promtool_path()
    print(found or "none")
    sys.exit(0 if found else 1)
