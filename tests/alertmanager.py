"""Which Alertmanager takes the alerts: ``python -m tests.alertmanager`` prints it, or fails."""

from __future__ import annotations

import os
import shutil
import sys


def alertmanager_path() -> str | None:
    """The program named by ALERTMANAGER, else the one on the PATH, by Debian's name or its own."""
    names = [os.environ.get("ALERTMANAGER"), "prometheus-alertmanager", "alertmanager"]
    chosen = names[:1] if names[0] else names[1:]
    return next((path for name in chosen if name and (path := shutil.which(name))), None)


if __name__ == "__main__":
    found = alertmanager_path()
    print(found or "none")
    sys.exit(0 if found else 1)
