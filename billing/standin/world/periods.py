"""Months and years as a subscription counts them, from the day it was begun."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta


def moved(anchor: int, interval: str, how_many: int) -> int:
    """The time so many intervals after the anchor; the 31st is a shorter month's last day."""
    start = datetime.fromtimestamp(anchor, UTC)
    if interval in ("day", "week"):
        days = how_many * (7 if interval == "week" else 1)
        return int((start + timedelta(days=days)).timestamp())
    months = start.year * 12 + start.month - 1 + how_many * (12 if interval == "year" else 1)
    year, month = divmod(months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())


def period_after(anchor: int, interval: str, count: int, end: int) -> int:
    """The end of the period that begins when another ends."""
    step = 1
    while (later := moved(anchor, interval, step * count)) <= end:
        step += 1
    return later
