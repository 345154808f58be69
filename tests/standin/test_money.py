"""No cent is lost: parts add up, whatever the amounts, percentages and moments."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from billing.standin.world.figures import Asked, Off, Taxed, reckon
from billing.standin.world.money import percent_of, rounded, shared, unused
from billing.standin.world.periods import moved, period_after

cents = st.integers(0, 10**9)
percents = st.decimals(0, 100, places=3, allow_nan=False)
moments = st.integers(1_700_000_000, 2_000_000_000)


@given(st.fractions(max_denominator=1_000))
def test_rounding_is_to_the_nearest_and_the_same_below_zero(exact: Fraction) -> None:
    assert abs(rounded(exact) - exact) <= Fraction(1, 2)
    assert rounded(-exact) == -rounded(exact)


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_shares_add_up_and_nobody_is_off_by_a_cent(total: int, weights: list[int]) -> None:
    parts = shared(total, weights)
    assert sum(parts) == total
    if sum(weights):
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part - Fraction(total * weight, sum(weights))) < 1


@given(cents, moments, st.integers(1, 400 * 86_400), st.integers(-100, 400 * 86_400))
def test_what_is_unused_and_what_was_used_are_the_whole(
    amount: int, start: int, length: int, passed: int
) -> None:
    end, now = start + length, start + passed
    left = unused(amount, start=start, end=end, now=now)
    assert 0 <= left <= amount
    used = amount - left
    exact = Fraction(amount * min(max(passed, 0), length), length)
    assert abs(used - exact) <= Fraction(1, 2)
    if now <= start:
        assert left == amount
    if now >= end:
        assert left == 0


@given(cents, moments, st.integers(2, 400 * 86_400), st.data())
def test_the_longer_one_waits_the_less_is_left(
    amount: int, start: int, length: int, data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, length))
    second = data.draw(st.integers(first, length))
    left = [
        unused(amount, start=start, end=start + length, now=start + at) for at in (first, second)
    ]
    assert left[0] >= left[1]


lines = st.lists(
    st.builds(Asked, st.integers(-(10**7), 10**8), st.booleans(), st.booleans()),
    min_size=1,
    max_size=8,
)
offs = st.lists(
    st.one_of(
        st.builds(lambda percent: ("", percent, 0), percents),
        st.builds(lambda amount: ("", None, amount), cents),
    ),
    max_size=3,
).map(lambda many: [Off(f"di_{place}", one[1], one[2]) for place, one in enumerate(many)])
taxes = st.none() | st.builds(Taxed, percents, st.just("txr_1"))


@given(lines, offs, taxes)
def test_the_sums_of_an_invoice_are_those_of_its_lines(
    asked: list[Asked], given_offs: list[Off], taxed: Taxed | None
) -> None:
    figures = reckon(asked, given_offs, taxed)
    assert figures.subtotal == sum(one.amount for one in asked)
    assert figures.discount == sum(figures.off.values())
    added = sum(line.tax for line in figures.lines if not line.inclusive)
    assert figures.total == figures.subtotal - figures.discount + added
    for line, one in zip(figures.lines, asked, strict=True):
        assert all(part > 0 for part in line.off.values())
        assert sum(line.off.values()) <= max(one.amount, 0)
        assert one.discountable or not line.off
        assert line.tax * line.net >= 0
    if taxed is None:
        assert figures.tax == 0


@given(lines, percents)
def test_a_percentage_takes_exactly_its_share(asked: list[Asked], percent: Decimal) -> None:
    figures = reckon(asked, [Off("di_1", percent)])
    reduced = sum(max(one.amount, 0) for one in asked if one.discountable)
    assert figures.discount == percent_of(reduced, percent)


@given(st.lists(st.builds(Asked, cents), min_size=1, max_size=8))
def test_all_off_leaves_nothing_to_pay(asked: list[Asked]) -> None:
    for off in (Off("di_1", Decimal(100)), Off("di_1", amount=10**12)):
        assert reckon(asked, [off], Taxed(Decimal(19), "txr_1")).total == 0


@given(st.integers(0, 10**8), percents)
def test_tax_in_a_price_is_the_same_as_on_it(net: int, percent: Decimal) -> None:
    """Whoever adds the tax to a price and takes it out again has the price."""
    taxed = Taxed(percent, "txr_1")
    total = reckon([Asked(net)], (), taxed).total
    inside = reckon([Asked(total, inclusive=True)], (), taxed)
    assert inside.total == total
    assert abs((total - inside.tax) - net) <= 1


@given(moments, st.sampled_from(["day", "week", "month", "year"]), st.integers(1, 3))
def test_periods_follow_one_another_without_gaps(anchor: int, interval: str, count: int) -> None:
    end, ends = anchor, []
    for place in range(1, 8):
        end = period_after(anchor, interval, count, end)
        ends.append(end)
        assert end == moved(anchor, interval, place * count)
    assert ends == sorted(set(ends))
