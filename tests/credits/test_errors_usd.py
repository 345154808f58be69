"""The 402 of a chat: dollars as documented, and beside them the credits and the ways out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import CREDIT
from credits.errors import Shortage, in_usd, insufficient_credits_for_reservation

SHORT = Shortage(
    operation="chat", model="gpt-4o", required=2 * CREDIT, available=CREDIT // 2, held=CREDIT
)
CAPPED = replace(
    SHORT, key_cap={"cap": 5 * CREDIT, "used": 4_500_000}, balance=18 * CREDIT
)  # half a credit is left of the cap


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.PUBLIC_URL = "https://studio.example"


def kinds(error: Any) -> list[str]:
    return [option["kind"] for option in error.context["options"]]


def test_ten_credits_are_a_dollar() -> None:
    error = in_usd(SHORT, max_tokens=4096, input_tokens=150)
    documented = insufficient_credits_for_reservation(
        current_credits=0.05,
        max_cost=0.20,
        model_id="gpt-4o",
        max_tokens=4096,
        input_tokens=150,
    )
    assert error.message == documented.message
    assert error.detail == documented.detail
    assert error.suggestions == documented.suggestions
    assert error.context | documented.context == error.context


def test_the_context_says_the_unit_and_the_credits() -> None:
    error = in_usd(SHORT, max_tokens=4096, request_id="req_1")
    assert list(error.context) == [
        "current_credits",
        "required_credits",
        "credit_deficit",
        "requested_model",
        "requested_max_tokens",
        "request_id",
        "unit",
        "credits",
        "options",
    ]
    assert error.context["unit"] == "USD"
    assert error.context["credits"] == {"current": 0.5, "required": 2, "deficit": 1.5}


def test_an_empty_request_id_is_unknown() -> None:
    assert "request_id" not in in_usd(SHORT, max_tokens=10, request_id="").context


def test_the_options_are_the_suggestions_for_a_program() -> None:
    error = in_usd(
        SHORT,
        max_tokens=4096,
        input_cost=CREDIT // 10,
        cheaper_model=("gpt-4o-mini", CREDIT // 5),
    )
    assert error.context["options"] == [
        {
            "kind": "model",
            "label": "Ask gpt-4o-mini instead",
            "credits": 0.2,
            "leaves": 0.3,
            "model": "gpt-4o-mini",
        },
        {
            "kind": "max_tokens",
            "label": "Answer in 862 tokens or less",
            "credits": 0.499854,
            "leaves": 0.000146,
            "max_tokens": 862,
        },
        {
            "kind": "topup",
            "label": "Top up 50 credits",
            "credits": 2,
            "leaves": 48.5,
            "topup": 50,
            "usd": 9,
        },
        {
            "kind": "upgrade",
            "label": "Switch to Pro",
            "credits": 2,
            "leaves": 198.5,
            "plan": "pro",
            "usd": 29,
        },
    ]
    assert "max_tokens to 862 or less" in error.suggestions[1]
    assert "for example gpt-4o-mini (up to $0.0200)" in error.suggestions[3]


def test_a_model_that_does_not_fit_is_no_option() -> None:
    error = in_usd(SHORT, max_tokens=None, cheaper_model=("gpt-4o-mini", CREDIT))
    assert kinds(error) == ["topup", "upgrade"]
    assert error.suggestions[1] == "Use a less expensive model"


def test_on_pro_no_plan_is_suggested() -> None:
    assert kinds(in_usd(replace(SHORT, plan="pro"), max_tokens=None)) == ["topup"]


def test_a_shortage_that_no_top_up_covers_names_none() -> None:
    error = in_usd(replace(SHORT, required=5_000 * CREDIT), max_tokens=None)
    assert kinds(error) == []
    assert error.suggestions[0] == "Add $499.9500 or more in credits to your account"


def test_a_debt_makes_the_balance_negative_and_is_said() -> None:
    error = in_usd(replace(SHORT, available=-4 * CREDIT, debt=5 * CREDIT), max_tokens=100)
    assert error.message == (
        "Insufficient credits for this request. Maximum possible cost: $0.2000. "
        "Available balance: -$0.4000. Shortfall: $0.6000."
    )
    assert error.context["credits"] == {"current": -4, "required": 2, "deficit": 6}
    assert error.context["debt_credits"] == 5
    assert error.context["options"][0]["leaves"] == 44


class TestKeysCap:
    """The key may not spend it, though the account could."""

    def test_it_is_the_cap_that_is_named(self) -> None:
        error = in_usd(CAPPED, max_tokens=4096)
        assert error.message == (
            "Insufficient credits for this request. Maximum possible cost: $0.2000. "
            "This key's monthly cap of 5 credits leaves $0.0500. Shortfall: $0.1500."
        )
        assert error.detail == (
            "Your request to gpt-4o requires up to $0.2000 in credits (based on "
            "max_tokens=4096), but this key's monthly cap of 5 credits leaves only $0.0500. "
            "You need $0.1500 more credits to proceed."
        )

    def test_raising_it_is_suggested_and_nothing_to_buy(self) -> None:
        error = in_usd(CAPPED, max_tokens=4096)
        assert error.suggestions == [
            "Raise the monthly cap of this key",
            "Try setting max_tokens to 1024 or less to fit your available balance",
            "Reduce max_tokens from 4096 to lower the maximum possible cost",
            "Use a less expensive model",
        ]
        assert kinds(error) == ["max_tokens", "cap"]

    def test_the_context_has_the_cap(self) -> None:
        error = in_usd(CAPPED, max_tokens=4096)
        assert error.context["key_cap"] == {"cap": 5, "used": 4.5}
        assert error.context["current_credits"] == 0.05

    def test_what_is_left_is_left_in_the_account(self) -> None:
        way = in_usd(CAPPED, max_tokens=None).context["options"][0]
        assert way == {
            "kind": "cap",
            "label": "Raise the monthly cap of this key",
            "credits": 2,
            "leaves": 16,
        }

    def test_where_the_account_is_short_too_both_are_suggested(self) -> None:
        error = in_usd(replace(CAPPED, balance=CREDIT), max_tokens=4096)
        assert error.suggestions[:2] == [
            "Raise the monthly cap of this key",
            "Add $0.1000 or more in credits to your account",
        ]
        assert error.suggestions[-1] == "Visit https://studio.example/prices to add credits"
        assert kinds(error) == ["max_tokens", "topup", "upgrade"]

    def test_a_used_up_cap_leaves_nothing(self) -> None:
        used_up = replace(CAPPED, available=0, key_cap={"cap": 0, "used": 0})
        error = in_usd(used_up, max_tokens=4096)
        assert "This key's monthly cap of 0 credits leaves $0.0000." in error.message
        assert kinds(error) == ["cap"]


@given(
    max_tokens=st.integers(1, 10**6),
    a_token=st.integers(1, 1000),
    input_cost=st.integers(0, 10**7),
    spare=st.integers(0, 10**9),
)
def test_what_the_option_costs_is_what_the_call_would_cost(
    max_tokens: int, a_token: int, input_cost: int, spare: int
) -> None:
    required = input_cost + max_tokens * a_token
    short = replace(SHORT, required=required, available=max(0, required - 1 - spare))
    error = in_usd(short, max_tokens=max_tokens, input_cost=input_cost)
    for option in error.context["options"]:
        if option["kind"] == "max_tokens":
            costs = input_cost + option["max_tokens"] * a_token
            assert round(option["credits"] * CREDIT) == costs <= short.available
            assert round(option["leaves"] * CREDIT) == short.available - costs
