"""What beat rings for, and how often."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

BEAT: Final[dict[str, Any]] = {
    "sweep": {"task": "generation.tasks.sweep", "schedule": timedelta(seconds=10)},
    "watch": {
        "task": "generation.tasks.watch",
        "schedule": timedelta(seconds=15),
        "options": {"expires": 15},  # the next looks at the same
    },
    "tell-unseen": {"task": "generation.tasks.tell_unseen", "schedule": timedelta(seconds=10)},
    "relay-events": {
        "task": "notifications.tasks.relay",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 5},  # the next carries the same
    },
    "forget-events": {"task": "notifications.tasks.forget_events", "schedule": timedelta(hours=6)},
    "send-mail": {"task": "notifications.tasks.send_due", "schedule": timedelta(seconds=10)},
    "photos": {"task": "techpack.tasks.prepare_forgotten", "schedule": timedelta(seconds=20)},
    "expire-lots": {"task": "credits.tasks.expire_lots", "schedule": timedelta(minutes=5)},
    "grant-monthly": {"task": "credits.tasks.grant_due_monthly", "schedule": timedelta(minutes=15)},
    "check-ledger": {"task": "credits.tasks.check_ledger", "schedule": timedelta(hours=1)},
    "look-at-videos": {
        "task": "videos.tasks.look_due",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 5},  # the next looks at the same
    },
    "remove-video-files": {"task": "videos.tasks.remove_files", "schedule": timedelta(minutes=10)},
    "forget-callbacks": {"task": "videos.tasks.forget_callbacks", "schedule": timedelta(hours=6)},
    "take-stripe-events": {
        "task": "billing.tasks.take_due_events",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 10},  # the next takes the same
    },
    "look-at-purchases": {
        "task": "billing.tasks.look_due",
        "schedule": timedelta(seconds=60),
        "options": {"expires": 60},  # the next looks at the same
    },
    "end-grace": {"task": "billing.tasks.end_grace", "schedule": timedelta(minutes=5)},
    "look-for-money-back": {
        "task": "billing.tasks.look_for_money_back",
        "schedule": timedelta(hours=1),
    },
    "end-former-customers": {
        "task": "billing.tasks.end_former_customers",
        "schedule": timedelta(seconds=60),
        "options": {"expires": 60},  # the next ends the same
    },
    "send-webhooks": {
        "task": "notifications.tasks.send_webhooks",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 5},  # the next looks at the same
    },
    "forget-deliveries": {
        "task": "notifications.tasks.forget_deliveries",
        "schedule": timedelta(hours=6),
    },
    "forget-stripe-events": {
        "task": "billing.tasks.forget_events",
        "schedule": timedelta(hours=6),
    },
    "forget-answers": {"task": "core.tasks.forget_answers", "schedule": timedelta(hours=6)},
    "forget-refusals": {"task": "credits.tasks.forget_refusals", "schedule": timedelta(hours=6)},
}
