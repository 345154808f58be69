"""The 402, to the letter."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from core.http import envelope
from core.money import CREDIT
from credits.errors import (
    Alternative,
    insufficient_credits_for_operation,
    insufficient_credits_for_reservation,
)


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.PUBLIC_URL = "https://studio.example"


def prices() -> str:
    return f"https://studio.example{reverse('accounts:prices')}"


def test_the_402_of_a_reservation_is_as_documented() -> None:
    error = insufficient_credits_for_reservation(
        current_credits=0.05,
        max_cost=0.20,
        model_id="gpt-4o",
        max_tokens=4096,
        input_tokens=150,
    )
    answer = envelope(error, "req_123")["error"]
    assert answer.pop("request_id") == "req_123"
    assert answer == {
        "type": "insufficient_credits",
        "code": "INSUFFICIENT_CREDITS",
        "status": 402,
        "message": "Insufficient credits for this request. Maximum possible cost: $0.2000. "
        "Available balance: $0.0500. Shortfall: $0.1500.",
        "detail": "Your request to gpt-4o requires up to $0.2000 in credits (based on "
        "max_tokens=4096), but you only have $0.0500 available. You need $0.1500 more credits "
        "to proceed.",
        "suggestions": [
            "Add $0.1500 or more in credits to your account",
            "Try setting max_tokens to 1024 or less to fit your available balance",
            "Reduce max_tokens from 4096 to lower the maximum possible cost",
            "Use a less expensive model",
            f"Visit {prices()} to add credits",
        ],
        "context": {
            "current_credits": 0.05,
            "required_credits": 0.20,
            "credit_deficit": 0.15,
            "requested_model": "gpt-4o",
            "requested_max_tokens": 4096,
            "input_tokens": 150,
        },
    }


def test_what_is_unknown_is_left_out() -> None:
    error = insufficient_credits_for_reservation(
        current_credits=1, max_cost=2, model_id="m", max_tokens=None
    )
    assert set(error.context) == {
        "current_credits",
        "required_credits",
        "credit_deficit",
        "requested_model",
    }
    assert error.suggestions == [
        "Add $1.0000 or more in credits to your account",
        "Use a less expensive model",
        f"Visit {prices()} to add credits",
    ]
    assert "max_tokens" not in error.detail


def test_a_request_id_is_kept_where_it_is_known() -> None:
    error = insufficient_credits_for_reservation(
        current_credits=0, max_cost=1, model_id="m", max_tokens=10, request_id="req_abc123"
    )
    assert error.context["request_id"] == "req_abc123"


def test_no_fewer_tokens_are_suggested_where_not_one_would_fit() -> None:
    error = insufficient_credits_for_reservation(
        current_credits=0, max_cost=1, model_id="m", max_tokens=4096
    )
    assert not [words for words in error.suggestions if words.startswith("Try setting")]
    assert "Reduce max_tokens from 4096 to lower the maximum possible cost" in error.suggestions


def test_a_tiny_shortfall_is_not_shown_as_nothing() -> None:
    error = insufficient_credits_for_reservation(
        current_credits="0.19999", max_cost="0.2", model_id="m", max_tokens=None
    )
    assert error.message == (
        "Insufficient credits for this request. Maximum possible cost: $0.2000. "
        "Available balance: $0.1999. Shortfall: $0.0001."
    )


def test_a_cheaper_model_is_named_when_it_would_fit() -> None:
    def suggestion(cost: float) -> str:
        return insufficient_credits_for_reservation(
            current_credits=0.05,
            max_cost=0.20,
            model_id="gpt-4o",
            max_tokens=4096,
            cheaper_model=("gpt-4o-mini", cost),
        ).suggestions[3]

    assert suggestion(0.01) == "Use a less expensive model, for example gpt-4o-mini (up to $0.0100)"
    assert suggestion(0.06) == "Use a less expensive model"


@given(
    st.integers(1, 10**6),
    st.decimals("0.01", 1000, places=4),
    st.decimals(0, "0.9", places=3),
    st.decimals(0, "0.9", places=3),
)
def test_the_tokens_suggested_fit_and_one_more_would_not(
    max_tokens: int, most: Decimal, have_share: Decimal, input_share: Decimal
) -> None:
    have, fixed = most * have_share, most * input_share
    error = insufficient_credits_for_reservation(
        current_credits=have,
        max_cost=most,
        model_id="m",
        max_tokens=max_tokens,
        input_cost=fixed,
    )
    a_token = (most - fixed) / max_tokens
    tried = [words for words in error.suggestions if words.startswith("Try setting")]
    if not tried:
        assert fixed + a_token > have
        return
    tokens = int(tried[0].split()[4])
    assert fixed + tokens * a_token <= have + Decimal("1e-20")
    assert fixed + (tokens + 1) * a_token > have - Decimal("1e-20")


def test_the_402_of_an_operation_speaks_of_credits() -> None:
    error = insufficient_credits_for_operation(
        operation="close-ups/generate",
        required=3 * CREDIT,
        available=CREDIT * 3 // 4,
        held=12 * CREDIT,
    )
    answer = envelope(error, "req_1")["error"]
    assert answer == {
        "type": "insufficient_credits",
        "code": "INSUFFICIENT_CREDITS",
        "status": 402,
        "message": "You are 2.25 credits short. Nothing was charged.",
        "detail": "close-ups/generate needs 3 credits and you have 0.75 available: "
        "3 − 0.75 = 2.25 missing.",
        "suggestions": [
            "Add 2.25 credits or more to your account",
            f"Visit {prices()} to see prices and plans",
        ],
        "context": {
            "current_credits": 0.75,
            "required_credits": 3,
            "credit_deficit": 2.25,
            "requested_model": "close-ups/generate",
            "unit": "credits",
            "held_credits": 12,
            "options": [],
        },
        "request_id": "req_1",
    }


def test_of_cheaper_ways_those_that_fit_come_first_cheapest_first() -> None:
    error = insufficient_credits_for_operation(
        operation="base-views/analyze",
        required=4_800_000,
        available=4 * CREDIT,
        alternatives=[
            Alternative("Analyse 7 views", 4_200_000),
            Alternative("Analyse 6 views", 3_600_000),
            Alternative("Analyse 5 views", 3 * CREDIT),
        ],
    )
    assert error.suggestions[:3] == [
        "Analyse 5 views (3 credits)",
        "Analyse 6 views (3.60 credits)",
        "Add 0.80 credits or more to your account",
    ]
    assert error.context["options"][0] == {"label": "Analyse 5 views", "credits": 3, "leaves": 1}


def test_one_credit_is_one_credit() -> None:
    error = insufficient_credits_for_operation(operation="edit", required=CREDIT, available=0)
    assert error.message == "You are 1 credit short. Nothing was charged."
