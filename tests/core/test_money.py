"""Amounts survive writing and reading; nothing is lost to rounding."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import money
from core.money import CREDIT, LARGEST

amounts = st.integers(-LARGEST, LARGEST)


@given(amounts)
def test_what_is_written_reads_back(amount: int) -> None:
    assert money.parse_credits(money.format_credits(amount)) == amount


@given(amounts)
def test_pages_hide_nothing(amount: int) -> None:
    assert money.parse_credits(money.shown(amount)) == amount
    assert len(money.shown(amount).partition(".")[2]) >= 2


@given(amounts)
def test_an_amount_is_written_as_short_as_it_can_be(amount: int) -> None:
    text = money.format_credits(amount)
    assert Decimal(text) * CREDIT == amount
    assert not (text.endswith(("0", ".")) and "." in text)


@given(st.integers(0, 10**15))
def test_a_number_comes_back_from_an_errors_context(amount: int) -> None:
    assert money.from_number(money.number(amount)) == amount


@given(st.text(max_size=12))
def test_other_text_is_refused_or_means_what_it_says(text: str) -> None:
    try:
        amount = money.parse_credits(text)
    except ValueError:
        return
    assert Decimal(text) * CREDIT == amount


@pytest.mark.parametrize(
    ("amount", "full", "page", "button"),
    [
        (0, "0", "0.00", "0"),
        (3 * CREDIT, "3", "3.00", "3"),
        (CREDIT // 4, "0.25", "0.25", "0.25"),
        (1_800_000, "1.8", "1.80", "1.80"),
        (1, "0.000001", "0.000001", "0.000001"),
        (-2_250_000, "-2.25", "-2.25", "-2.25"),
        (1_000 * CREDIT, "1000", "1000.00", "1000"),
    ],
)
def test_each_place_has_its_way_of_writing(amount: int, full: str, page: str, button: str) -> None:
    assert money.format_credits(amount) == full
    assert money.shown(amount) == page
    assert money.brief(amount) == button


@pytest.mark.parametrize(
    "text",
    ["", "1e3", "NaN", "Infinity", "1.0000001", "1,5", "١", "0x1", "--1", "1.", ".5", "9" * 14],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="credits"):
        money.parse_credits(text)


@pytest.mark.parametrize(
    ("amount", "words"), [(18 * CREDIT, "+18.00"), (-3 * CREDIT, "−3.00"), (0, "0.00")]
)
def test_a_change_has_its_sign(amount: int, words: str) -> None:
    assert money.signed(amount) == words


@given(st.decimals(min_value=Decimal("1e-9"), max_value=10**6, allow_nan=False))
def test_a_shortfall_is_never_nothing_and_a_balance_never_more(amount: Decimal) -> None:
    owed, owned = Decimal(money.usd_owed(amount)[1:]), Decimal(money.usd_owned(amount)[1:])
    assert owned <= amount <= owed
    assert owed > 0
    assert owed - owned <= Decimal("0.0001")
