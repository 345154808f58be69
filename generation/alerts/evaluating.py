"""What began to fire and what ended, written down."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from generation import heartbeats
from generation.alerts import figures
from generation.alerts.figures import Figures
from generation.alerts.rules import RULES, Firing, Rule, fingerprint
from generation.models import Alert

log = logging.getLogger("techpack.alerts")
KEPT_FOR: Final = timedelta(days=90)


class Changes(NamedTuple):
    """How many alerts fire, began to, and ended."""

    firing: int
    began: int
    ended: int


def evaluate() -> Changes:
    """Compare what fires with what the rules find now; ``watching`` sees to it that one does."""
    heartbeats.expect(heartbeats.SWEEP)
    open_ones = {row.fingerprint: row for row in Alert.objects.filter(ends_at=None)}
    now = figures.take(firing=map(_place, open_ones.values()))
    found = {
        fingerprint(rule.labels_of(firing)): (rule, firing)
        for rule in RULES
        for firing in _found(rule, now)
    }
    with transaction.atomic():
        for mark, (rule, firing) in found.items():
            _fire(mark, rule, firing, open_ones.get(mark))
        gone = [row for mark, row in open_ones.items() if mark not in found]
        ended = sum(_end(row, now) for row in gone)
        Alert.objects.filter(due_at=None, ends_at__lt=Now() - KEPT_FOR).delete()
    began = len(found.keys() - open_ones.keys())
    return Changes(firing=len(open_ones) + began - ended, began=began, ended=ended)


def _place(row: Alert) -> tuple[str, str, str]:
    return (row.name, row.labels.get("provider", ""), row.labels.get("model", ""))


def _found(rule: Rule, now: Figures) -> list[Firing]:
    """What a rule finds; a rule that is broken hides nothing that the others find."""
    try:
        return list(rule.find(now))
    except Exception:
        log.exception("the rule %s is broken", rule.name)
        return []


def _fire(mark: str, rule: Rule, firing: Firing, row: Alert | None) -> None:
    """Begin to fire, or go on; the words follow the figures."""
    words = words_of(rule, firing)
    if row is not None:
        Alert.objects.filter(pk=row.pk).update(seen_at=Now(), annotations=words)
        return
    # What ended before, and could not be told until now, is told by this one.
    Alert.objects.filter(fingerprint=mark, due_at__isnull=False).update(due_at=None)
    labels = rule.labels_of(firing)
    Alert.objects.create(fingerprint=mark, name=rule.name, labels=labels, annotations=words)
    log.warning("alert %s fires: %s", rule.name, words["summary"])


def _end(row: Alert, now: Figures) -> bool:
    """End it, where its condition was gone for long enough that it does not flap."""
    keep_s = next((rule.keep_s for rule in RULES if rule.labels_match(row.labels)), 0)
    if now.at - row.seen_at < timedelta(seconds=keep_s):
        return False
    Alert.objects.filter(pk=row.pk).update(ends_at=Now(), due_at=Now())
    log.warning("alert %s ended: %s", row.name, row.annotations.get("summary", ""))
    return True


def words_of(rule: Rule, firing: Firing) -> dict[str, str]:
    """The words of an alert, and the addresses where more is said, whole."""
    known: dict[str, Any] = {**firing.labels, **firing.told}
    return {
        "summary": rule.summary.format(**known),
        "description": rule.description.format(**known),
        "runbook_url": f"{settings.PUBLIC_URL}/docs/operations/{rule.runbook}",
        "page_url": settings.PUBLIC_URL + rule.page.format(**known),
    }
