"""The story of one charge, for support: every movement of a hold, in plain words."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from core.money import shown
from credits import names
from credits.models import CLAWBACK, DEBT, Entry, Hold

_WORDS = {
    ("available", "held"): "put aside from",
    ("held", "consumed"): "charged to",
    ("held", "available"): "released to",
    ("held", "expired"): "released to, and lost in the expired",
    ("held", "revoked"): "released to the taken-back",
    ("consumed", "available"): "refunded to",
    ("consumed", "expired"): "refunded to, and lost in the expired",
    ("consumed", "revoked"): "refunded to the taken-back",
    ("issuer:grace", "available"): "given again as",
    ("issuer:grant", "available"): "given again as",
    (DEBT, CLAWBACK): "taken off the debt of",
}


def story_of(hold_or_job_id: UUID) -> list[str]:
    """The lines to tell, oldest first; empty where nothing was ever held for it."""
    holds = Hold.objects.filter(Q(pk=hold_or_job_id) | Q(job_id=hold_or_job_id))
    return [
        line
        for hold in holds.select_related("account__user").order_by("pk")
        for line in _story(hold)
    ]


def _story(hold: Hold) -> list[str]:
    told = [
        f"{names.label_of(hold.operation)} ({hold.operation}) for {hold.account}: {_sum(hold)}",
        f"  hold {hold.pk}, job {hold.job_id or 'none'}, key {hold.key}",
        f"  {_at(hold.created_at)} held {shown(hold.amount)}: {hold.reason}",
    ]
    if hold.unlimited:
        told.append("  nothing was drawn: the plan paid")
    entries = Entry.objects.filter(account=hold.account_id, line=hold.pk)
    for entry in entries.select_related("lot").order_by("pk"):
        words = _WORDS[entry.source, entry.destination]
        kind, note = (
            entry.lot.get_kind_display().lower(),
            f" ({entry.reason})" if entry.reason else "",
        )
        what = f"{shown(entry.amount)} {words} {kind} lot {entry.lot_id}{note}"
        told.append(f"  {_at(entry.created_at)} {what}")
    if hold.closed_at:
        told.append(f"  {_at(hold.closed_at)} {hold.state}: {hold.close_reason or 'done'}")
    else:
        told.append(f"  still open; it may expire after {_at(hold.expires_at)}")
    return told


def _sum(hold: Hold) -> str:
    if hold.state == Hold.State.OPEN:
        return f"{shown(hold.open)} held, nothing charged yet"
    charged = 0 if hold.unlimited else hold.captured - hold.refunded
    parts = {"charged": charged, "released": hold.released, "refunded": hold.refunded}
    return ", ".join(f"{shown(amount)} {word}" for word, amount in parts.items())


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
