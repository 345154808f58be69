"""Months counted from a day: the 31st becomes the last day of a shorter month."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime


def months_after(start: datetime, months: int) -> datetime:
    """The moment ``months`` calendar months after ``start``, never in a later month."""
    year, month0 = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, monthrange(year, month0 + 1)[1])
    return start.replace(year=year, month=month0 + 1, day=day)


def whole_months(start: datetime, until: datetime) -> int:
    """How many whole months lie between ``start`` and ``until``, 0 when none."""
    months = (until.year - start.year) * 12 + until.month - start.month
    return max(0, months if months_after(start, months) <= until else months - 1)
