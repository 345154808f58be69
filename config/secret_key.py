"""The key that signs sessions, links and the like."""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environ import Env


def secret_key(env: Env, *, data_dir: Path, is_relaxed: bool) -> str:
    """SECRET_KEY of the environment; while developing, else one made once and kept.

    Raises ImproperlyConfigured where DEBUG is off and there is none.
    """
    if key := env.str("SECRET_KEY", default=""):
        return key
    if not is_relaxed:
        raise ImproperlyConfigured("Set SECRET_KEY when DEBUG is off.")
    return _kept(data_dir / "secret-key")


def _kept(path: Path) -> str:
    """The key in that file, written by whoever of several processes comes first."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        key = file.read()
        if not key:
            key = secrets.token_urlsafe(50)
            file.write(key)
    return key
