"""The 402 of an operation that is priced in credits: the sum, and the ways that fit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.errors import InsufficientCredits
from core.http import envelope
from core.money import CREDIT
from credits.errors import Alternative, Shortage, in_credits

SHORT = Shortage(
    operation="close-ups/generate",
    model="close-ups/generate",
    required=3 * CREDIT,
    available=CREDIT * 3 // 4,
    held=12 * CREDIT,
)
FEWER = [
    Alternative(f"Analyse {views} views instead", price, "views", {"views": views})
    for views, price in ((7, 4_200_000), (6, 3_600_000), (5, 3 * CREDIT))
]
SIX_OF_EIGHT = replace(
    SHORT,
    operation="base-views/analyze",
    model="base-views/analyze",
    required=4_800_000,
    available=4 * CREDIT,
    held=0,
)


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.PUBLIC_URL = "https://studio.example"


def kinds(error: InsufficientCredits) -> list[str]:
    return [option["kind"] for option in error.context["options"]]


def test_the_whole_answer() -> None:
    assert envelope(in_credits(SHORT, by_plan=True), "req_1")["error"] == {
        "type": "insufficient_credits",
        "code": "INSUFFICIENT_CREDITS",
        "status": 402,
        "message": "You are 2.25 credits short. Nothing was charged.",
        "detail": "close-ups/generate needs 3 credits and you have 0.75 available: "
        "3 − 0.75 = 2.25 missing.",
        "suggestions": [
            "Add 2.25 credits or more to your account",
            "Switch to Pro for 29 USD a month: this operation is included, and 200 credits a month",
            "Visit https://studio.example/prices to see prices and plans",
        ],
        "context": {
            "current_credits": 0.75,
            "required_credits": 3,
            "credit_deficit": 2.25,
            "requested_model": "close-ups/generate",
            "unit": "credits",
            "held_credits": 12,
            "options": [
                {
                    "kind": "topup",
                    "label": "Top up 50 credits",
                    "credits": 3,
                    "leaves": 47.75,
                    "topup": 50,
                    "usd": 9,
                },
                {
                    "kind": "upgrade",
                    "label": "Switch to Pro",
                    "credits": 0,
                    "leaves": 200.75,
                    "plan": "pro",
                    "usd": 29,
                },
            ],
        },
        "request_id": "req_1",
    }


def test_of_cheaper_ways_those_that_fit_come_first_cheapest_first() -> None:
    error = in_credits(SIX_OF_EIGHT, alternatives=FEWER, by_plan=True)
    assert error.suggestions[:3] == [
        "Analyse 5 views instead (3 credits)",
        "Analyse 6 views instead (3.60 credits)",
        "Add 0.80 credits or more to your account",
    ]
    assert kinds(error) == ["views", "views", "topup", "upgrade"]


def test_an_option_says_what_it_costs_what_it_leaves_and_what_to_ask_for() -> None:
    error = in_credits(SIX_OF_EIGHT, alternatives=FEWER)
    assert error.context["options"][:2] == [
        {
            "kind": "views",
            "label": "Analyse 5 views instead",
            "credits": 3,
            "leaves": 1,
            "views": 5,
        },
        {
            "kind": "views",
            "label": "Analyse 6 views instead",
            "credits": 3.6,
            "leaves": 0.4,
            "views": 6,
        },
    ]


def test_ways_of_one_price_keep_their_order() -> None:
    ways = [Alternative(name, CREDIT) for name in ("The first", "The second")]
    error = in_credits(SIX_OF_EIGHT, alternatives=ways)
    assert [words[:9] for words in error.suggestions[:2]] == ["The first", "The secon"]


def test_exactly_what_is_there_fits() -> None:
    error = in_credits(SIX_OF_EIGHT, alternatives=[Alternative("All of it", 4 * CREDIT)])
    assert error.context["options"][0]["leaves"] == 0


def test_tokens_are_not_spoken_of() -> None:
    answer = envelope(in_credits(SHORT), "")["error"]
    assert "token" not in str(answer)


@pytest.mark.parametrize(
    ("available", "message"),
    [
        (2 * CREDIT, "You are 1 credit short. Nothing was charged."),
        (0, "You are 3 credits short. Nothing was charged."),
        (3 * CREDIT - 1, "You are 0.000001 credits short. Nothing was charged."),
        (3 * CREDIT - 100, "You are 0.0001 credits short. Nothing was charged."),
    ],
)
def test_however_little_is_missing_is_said_exactly(available: int, message: str) -> None:
    error = in_credits(replace(SHORT, available=available))
    assert error.message == message


@pytest.mark.parametrize(
    ("required", "size"), [(50, 50), (51, 200), (200, 200), (201, 1000), (1000, 1000)]
)
def test_the_smallest_top_up_that_is_enough_is_offered(required: int, size: int) -> None:
    error = in_credits(replace(SHORT, required=required * CREDIT, available=0, plan="pro"))
    (option,) = error.context["options"]
    assert (option["topup"], option["leaves"]) == (size, size - required)


def test_where_no_top_up_is_enough_only_the_amount_is_suggested() -> None:
    error = in_credits(replace(SHORT, required=1001 * CREDIT, available=0, plan="pro"))
    assert error.context["options"] == []
    assert error.suggestions[0] == "Add 1001 credits or more to your account"


def test_a_plan_that_does_not_pay_is_offered_for_its_credits() -> None:
    short = replace(SHORT, operation="generate-video", required=60 * CREDIT)
    error = in_credits(short)
    assert error.suggestions[1] == "Switch to Pro for 29 USD a month: 200 credits a month"
    assert (
        error.context["options"][-1] | {"credits": 60, "leaves": 140.75}
        == (error.context["options"][-1])
    )


def test_a_plan_whose_credits_are_too_few_is_not_offered() -> None:
    error = in_credits(replace(SHORT, required=300 * CREDIT))
    assert kinds(error) == ["topup"]


def test_who_has_the_plan_is_not_told_to_take_it() -> None:
    error = in_credits(replace(SHORT, plan="pro"), by_plan=True)
    assert not [words for words in error.suggestions if "Switch" in words]


class TestFairUse:
    """The plan has paid as many operations today as it pays."""

    short = replace(SHORT, plan="pro", fair_use={"used": 500, "limit": 500})

    def test_the_context_has_it(self) -> None:
        error = in_credits(self.short, by_plan=True)
        assert error.context["fair_use"] == {"used": 500, "limit": 500}

    def test_the_detail_says_that_it_is_used_up(self) -> None:
        assert in_credits(self.short, by_plan=True).detail.endswith(
            "The 500 operations a day that your plan includes are used up."
        )

    def test_waiting_costs_nothing_and_stands_first(self) -> None:
        error = in_credits(self.short, by_plan=True)
        assert error.suggestions[0] == "Wait until midnight UTC, when your plan pays again"
        assert kinds(error) == ["wait", "topup"]
        option = error.context["options"][0]
        assert (option["credits"], option["leaves"]) == (0, 0.75)
        left = datetime.fromisoformat(option["until"]) - datetime.now(UTC)
        assert timedelta(0) < left <= timedelta(days=1)


class TestDebt:
    """Credits of a payment that was taken back are owed, and paid first."""

    short = replace(SHORT, available=-4 * CREDIT, debt=20 * CREDIT)

    def test_what_is_owed_is_missing_too(self) -> None:
        error = in_credits(self.short)
        assert error.message == "You are 7 credits short. Nothing was charged."
        assert error.suggestions[0] == "Add 7 credits or more to your account"
        assert error.detail == (
            "close-ups/generate needs 3 credits and you owe 4 more than you have: "
            "3 + 4 = 7 missing. "
            "You owe 20 credits for a payment that was taken back: it is paid first."
        )

    def test_the_context_has_it(self) -> None:
        context = in_credits(self.short).context
        assert (context["current_credits"], context["debt_credits"]) == (-4, 20)

    def test_a_top_up_leaves_what_the_debt_does_not_take(self) -> None:
        assert in_credits(self.short).context["options"][0]["leaves"] == 43

    def test_nothing_fits_who_owes(self) -> None:
        error = in_credits(self.short, alternatives=[Alternative("Less", CREDIT)])
        assert kinds(error) == ["topup", "upgrade"]


class TestKeysCap:
    """The key may not spend it, though the account could."""

    short = replace(
        SHORT,
        available=CREDIT,
        key_cap={"cap": 5 * CREDIT, "used": 4 * CREDIT},
        balance=18 * CREDIT,
    )

    def test_it_is_the_cap_that_is_named(self) -> None:
        error = in_credits(self.short)
        assert error.message == (
            "This key's monthly cap of 5 credits leaves 1, 2 credits too little. "
            "Nothing was charged."
        )
        assert error.detail == (
            "close-ups/generate needs 3 credits and this key's monthly cap of 5 credits leaves 1: "
            "3 − 1 = 2 missing."
        )

    def test_raising_it_is_suggested_and_nothing_to_buy(self) -> None:
        error = in_credits(self.short, by_plan=True)
        assert error.suggestions == [
            "Raise the monthly cap of this key",
            "Visit https://studio.example/prices to see prices and plans",
        ]
        assert error.context["options"] == [
            {
                "kind": "cap",
                "label": "Raise the monthly cap of this key",
                "credits": 3,
                "leaves": 15,
            }
        ]
        assert error.context["key_cap"] == {"cap": 5, "used": 4}

    def test_less_must_fit_the_cap_and_leaves_the_rest_of_the_account(self) -> None:
        ways = [Alternative("Less", CREDIT), Alternative("Not so much less", 2 * CREDIT)]
        error = in_credits(self.short, alternatives=ways)
        assert kinds(error) == ["cheaper", "cap"]
        assert error.context["options"][0]["leaves"] == 17

    def test_where_the_account_is_short_too_both_are_said(self) -> None:
        error = in_credits(replace(self.short, balance=2 * CREDIT), by_plan=True)
        assert error.suggestions[:2] == [
            "Raise the monthly cap of this key",
            "Add 1 credit or more to your account",
        ]
        assert error.detail.endswith("The account itself is 1 credit short.")
        assert kinds(error) == ["topup", "upgrade"]
