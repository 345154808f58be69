"""What an answer says of the month's credits."""

from __future__ import annotations

import logging
from typing import Any

from credits import budget

log = logging.getLogger("techpack.assistant")


def crossed(user: Any) -> tuple[str, ...]:
    """Thresholds that the user was not warned of yet, in words; each is told once."""
    try:
        return tuple(warned.words for warned in budget.due(user=user))
    except Exception:  # an answer that is made, and paid, does not fail for a notification
        log.exception("the user was not warned of the month's credits")
        return ()
