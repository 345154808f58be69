"""One round of the alerts, as beat rings for it."""

from __future__ import annotations

from typing import Final

from core.alone import alone
from generation import heartbeats
from generation.alerts.delivering import deliver
from generation.alerts.evaluating import evaluate

WATCH_LOCK: Final = 0x7EC4_A1E7


def watch() -> dict[str, int]:
    """Evaluate the rules and tell Alertmanager; at most one at a time in the cluster.

    Returns how many alerts fire, began, ended and were delivered. While Alertmanager is told, only
    the lock's own transaction is open, which holds no row.
    """
    with alone(WATCH_LOCK) as is_alone:
        if not is_alone:
            return {"firing": 0, "began": 0, "ended": 0, "delivered": 0}
        changes = evaluate()
        delivered = deliver()
        heartbeats.beat(heartbeats.ALERTS)
    return {**changes._asdict(), "delivered": delivered}
