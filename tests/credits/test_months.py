"""Months counted from a day."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credits.months import months_after, whole_months

days = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("months", "month", "day"), [(0, 1, 31), (1, 2, 28), (2, 3, 31), (3, 4, 30), (12, 1, 31)]
)
def test_the_last_day_becomes_the_last_day_of_a_shorter_month(
    months: int, month: int, day: int
) -> None:
    moment = months_after(datetime(2026, 1, 31, 9, 30, tzinfo=UTC), months)
    assert (moment.month, moment.day, moment.hour, moment.minute) == (month, day, 9, 30)


@given(days, st.integers(0, 600))
def test_so_many_months_later_so_many_months_have_passed(start: datetime, months: int) -> None:
    assert whole_months(start, months_after(start, months)) == months


@given(days, days)
def test_the_months_counted_are_the_last_that_have_begun(start: datetime, until: datetime) -> None:
    months = whole_months(start, until)
    assert until < months_after(start, months + 1)
    assert until < start or months_after(start, months) <= until
