"""Settings that are whole numbers within bounds: what cannot be meant is refused at the start."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from environ import Env


def whole(env: Env, name: str, *, usual: int, least: int = 0, most: int | None = None) -> int:
    """The setting of that name, else ``usual``. Raises ImproperlyConfigured, which says why."""
    given = env.str(name, default=str(usual)).strip()
    wanted = f"from {least} to {most}" if most is not None else f"from {least} on"
    try:
        value = int(given)
    except ValueError:
        value = None
    if value is None or value < least or (most is not None and value > most):
        raise ImproperlyConfigured(f"{name} has to be a whole number {wanted}, not {given!r}.")
    return value
