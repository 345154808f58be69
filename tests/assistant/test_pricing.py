"""Prices by tokens: rounded up, and a limit that fits to the last µcr."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from assistant.pricing import (
    Tariff,
    cost_of,
    estimated_tokens,
    fitting_max_tokens,
    size_of,
    tariff_of,
)
from credits.errors import fitting_tokens
from generation.providers.protocols import ChatModel

PRICES = st.decimals("0", "100", places=4)
TARIFFS = st.builds(Tariff, PRICES, st.decimals("0.0001", "500", places=4))
TOKENS = st.integers(0, 2**31)
CHOICES = st.integers(1, 8)
BALANCES = st.integers(0, 10**13)


def test_a_dollar_per_million_tokens_is_ten_microcredits_a_token() -> None:
    luna = ChatModel(
        provider="openai", owner="openai", input_usd=Decimal("0.10"), output_usd=Decimal("0.50")
    )
    assert tariff_of(luna) == Tariff(Decimal(1), Decimal(5))
    # A million tokens in and out: 60 US cents, which is six credits.
    assert cost_of(tariff_of(luna), input_tokens=10**6, output_tokens=10**6) == 6_000_000


@given(TARIFFS, TOKENS, TOKENS)
def test_a_cost_is_rounded_up_and_by_less_than_one(tariff: Tariff, put: int, got: int) -> None:
    exact = Fraction(tariff.input) * put + Fraction(tariff.output) * got
    assert 0 <= cost_of(tariff, input_tokens=put, output_tokens=got) - exact < 1


@given(TARIFFS, TOKENS, CHOICES, BALANCES)
def test_the_limit_that_fits_fits_and_one_more_does_not(
    tariff: Tariff, put: int, choices: int, available: int
) -> None:
    fits = fitting_max_tokens(tariff, available=available, input_tokens=put, choices=choices)
    if fits >= 1:
        most = cost_of(tariff, input_tokens=put, output_tokens=fits * choices)
        assert most <= available
    more = cost_of(tariff, input_tokens=put, output_tokens=max(fits + 1, 1) * choices)
    assert more > available


@given(TARIFFS, TOKENS, CHOICES, st.integers(1, 2**31 - 1), BALANCES)
def test_what_a_402_suggests_fits_although_both_costs_are_rounded_up(
    tariff: Tariff, put: int, choices: int, limit: int, available: int
) -> None:
    most = cost_of(tariff, input_tokens=put, output_tokens=limit * choices)
    if available >= most:
        return
    fixed = cost_of(tariff, input_tokens=put, output_tokens=0)
    fits = fitting_tokens(limit, have=available, most=most, fixed=fixed)
    if fits is not None:
        assert cost_of(tariff, input_tokens=put, output_tokens=fits * choices) <= available
        best = fitting_max_tokens(tariff, available=available, input_tokens=put, choices=choices)
        assert fits <= best


def test_free_output_has_no_limit() -> None:
    free = Tariff(Decimal(1), Decimal(0))
    assert fitting_max_tokens(free, available=5, input_tokens=5, choices=1) == 2**31 - 1
    assert fitting_max_tokens(free, available=4, input_tokens=5, choices=1) == 0


def test_tokens_are_estimated_by_bytes() -> None:
    assert [estimated_tokens(size) for size in (0, 1, 3, 4)] == [0, 1, 1, 2]
    assert size_of([{"a": "ä"}], None, {"b": 1}) == len('[{"a":"ä"}]'.encode()) + len('{"b":1}')
