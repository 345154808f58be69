"""Where photos and results are kept."""

from __future__ import annotations

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environ import Env


def media_root(env: Env, *, data_dir: Path) -> Path:
    """The folder that STORAGE_URL names, else one in ``data_dir``.

    Raises ImproperlyConfigured for anything but a folder: files that seemed to be kept elsewhere
    would lie on a disk that nobody keeps.
    """
    given = env.str("STORAGE_URL", default="")
    if "://" in given:
        raise ImproperlyConfigured(f"STORAGE_URL has to be a folder, not {given.split('://')[0]}.")
    return Path(given).resolve() if given else data_dir / "media"
