"""The 402 of a reservation, to the letter: the one factory and what may be said beside it."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InsufficientCredits
from core.http import envelope, status_of
from credits.errors import fitting_tokens, insufficient_credits_for_reservation, with_history

SITE = "https://studio.example"

# The answer for (0.05, 0.20, "gpt-4o", 4096, 150) as it is documented. Only the address of the
# prices is this site's own, and 0.20 is the number that JSON writes as 0.2.
DOCUMENTED = """{
  "error": {
    "type": "insufficient_credits",
    "code": "INSUFFICIENT_CREDITS",
    "status": 402,
    "message": "Insufficient credits for this request. Maximum possible cost: $0.2000. \
Available balance: $0.0500. Shortfall: $0.1500.",
    "detail": "Your request to gpt-4o requires up to $0.2000 in credits (based on \
max_tokens=4096), but you only have $0.0500 available. You need $0.1500 more credits to proceed.",
    "suggestions": [
      "Add $0.1500 or more in credits to your account",
      "Try setting max_tokens to 1024 or less to fit your available balance",
      "Reduce max_tokens from 4096 to lower the maximum possible cost",
      "Use a less expensive model",
      "Visit https://studio.example/prices to add credits"
    ],
    "context": {
      "current_credits": 0.05,
      "required_credits": 0.2,
      "credit_deficit": 0.15,
      "requested_model": "gpt-4o",
      "requested_max_tokens": 4096,
      "input_tokens": 150
    }
  }
}"""


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.PUBLIC_URL = SITE


def refused(**other: Any) -> InsufficientCredits:
    """The documented refusal, or one that differs from it in some figures."""
    given: dict[str, Any] = {
        "current_credits": 0.05,
        "max_cost": 0.20,
        "model_id": "gpt-4o",
        "max_tokens": 4096,
        "input_tokens": 150,
    }
    return insufficient_credits_for_reservation(**(given | other))


def suggested(error: InsufficientCredits) -> int | None:
    """The number that a client reads out of the suggestions, as the documentation shows it."""
    found = [words for words in error.suggestions if "max_tokens to" in words]
    return int(found[0].split("max_tokens to ")[1].split()[0]) if found else None


class TestDocumented:
    """The example of the documentation."""

    def test_the_json_is_the_documented_text(self) -> None:
        assert json.dumps(envelope(refused(), ""), indent=2) == DOCUMENTED

    def test_the_pricing_link_is_this_sites_own(self) -> None:
        assert (
            refused().suggestions[-1] == f"Visit {SITE}{reverse('accounts:prices')} to add credits"
        )

    @pytest.mark.parametrize("amounts", [("0.05", "0.20"), (Decimal("0.05"), Decimal("0.200"))])
    def test_figures_may_come_as_text_or_decimals(self, amounts: tuple[Any, Any]) -> None:
        error = refused(current_credits=amounts[0], max_cost=amounts[1])
        assert json.dumps(envelope(error, ""), indent=2) == DOCUMENTED

    def test_it_is_a_402(self) -> None:
        error = refused()
        assert (status_of(error), error.type, error.code) == (
            402,
            "insufficient_credits",
            "INSUFFICIENT_CREDITS",
        )

    def test_the_answers_id_stands_last_and_outside_the_context(self) -> None:
        answer = envelope(refused(), "req_abc123")["error"]
        assert list(answer)[-1] == "request_id"
        assert answer["request_id"] == "req_abc123"
        assert "request_id" not in answer["context"]

    def test_no_part_of_the_envelope_is_missing_or_more(self) -> None:
        answer = envelope(refused(), "req_1")["error"]
        assert list(answer) == [
            "type",
            "code",
            "status",
            "message",
            "detail",
            "suggestions",
            "context",
            "request_id",
        ]

    def test_binary_fractions_leave_no_trace(self) -> None:
        error = refused(current_credits=0.1, max_cost=0.3)
        assert error.context["credit_deficit"] == 0.2
        assert "0.2000." in error.message


class TestContext:
    """What a program reads."""

    def test_the_figures_are_numbers(self) -> None:
        context = refused().context
        for name in ("current_credits", "required_credits", "credit_deficit"):
            assert isinstance(context[name], float)

    def test_the_figures_are_not_rounded(self) -> None:
        context = refused(current_credits="0.0000001", max_cost="0.1234567").context
        assert context["current_credits"] == 1e-07
        assert context["required_credits"] == 0.1234567
        assert context["credit_deficit"] == 0.1234566

    @pytest.mark.parametrize(
        ("unknown", "name"),
        [
            ({"input_tokens": None}, "input_tokens"),
            ({"max_tokens": None}, "requested_max_tokens"),
            ({"request_id": None}, "request_id"),
        ],
    )
    def test_what_is_unknown_is_left_out(self, unknown: dict[str, Any], name: str) -> None:
        assert name not in refused(**unknown).context

    def test_an_input_of_nothing_is_known(self) -> None:
        assert refused(input_tokens=0).context["input_tokens"] == 0

    def test_a_request_id_is_kept_where_it_is_known(self) -> None:
        assert refused(request_id="req_abc123").context["request_id"] == "req_abc123"

    def test_the_context_keeps_its_order(self) -> None:
        assert list(refused(request_id="req_1").context) == [
            "current_credits",
            "required_credits",
            "credit_deficit",
            "requested_model",
            "requested_max_tokens",
            "input_tokens",
            "request_id",
        ]


class TestSentences:
    """What a person reads."""

    def test_without_max_tokens_the_detail_does_not_speak_of_them(self) -> None:
        error = refused(max_tokens=None)
        assert error.detail == (
            "Your request to gpt-4o requires up to $0.2000 in credits, but you only have $0.0500 "
            "available. You need $0.1500 more credits to proceed."
        )

    @pytest.mark.parametrize(
        ("have", "most", "has", "lacks"),
        [
            ("0", "0.2", "$0.0000", "$0.2000"),
            ("0.19999", "0.2", "$0.1999", "$0.0001"),
            ("0.1999999", "0.2", "$0.1999", "$0.0001"),
            ("0.19995", "0.2", "$0.1999", "$0.0001"),
            ("0.1999", "0.2", "$0.1999", "$0.0001"),
            ("0.00009", "0.00010", "$0.0000", "$0.0001"),
            ("0", "0.0000001", "$0.0000", "$0.0001"),
            ("12.5", "1000", "$12.5000", "$987.5000"),
            ("-0.4", "0.3", "-$0.4000", "$0.7000"),
            ("-0.00001", "0.3", "-$0.0001", "$0.3001"),
        ],
    )
    def test_what_is_there_is_rounded_down_and_what_is_missing_up(
        self, have: str, most: str, has: str, lacks: str
    ) -> None:
        error = refused(current_credits=have, max_cost=most)
        assert f"Available balance: {has}. Shortfall: {lacks}." in error.message
        assert f"you only have {has} available. You need {lacks} more" in error.detail
        assert error.suggestions[0] == f"Add {lacks} or more in credits to your account"

    def test_a_cost_is_rounded_up(self) -> None:
        assert "Maximum possible cost: $0.2001." in refused(max_cost="0.20001").message

    @given(
        have=st.decimals(0, 100, places=7),
        short=st.decimals("0.0000001", 100, places=7),
    )
    def test_a_shortfall_is_never_nothing_and_adding_it_is_always_enough(
        self, have: Decimal, short: Decimal
    ) -> None:
        error = refused(current_credits=have, max_cost=have + short)
        told = Decimal(error.suggestions[0].split("$")[1].split()[0])
        assert told > 0
        assert have + told >= have + short


class TestSuggestions:
    """What to do, in the document's order."""

    def test_there_are_five_in_order(self) -> None:
        begin = ["Add $", "Try setting max_tokens to ", "Reduce max_tokens ", "Use a ", "Visit "]
        found = refused().suggestions
        assert all(words.startswith(start) for words, start in zip(found, begin, strict=True))

    def test_without_max_tokens_there_are_three(self) -> None:
        assert refused(max_tokens=None).suggestions == [
            "Add $0.1500 or more in credits to your account",
            "Use a less expensive model",
            f"Visit {SITE}/prices to add credits",
        ]

    def test_where_not_one_token_fits_there_are_four(self) -> None:
        error = refused(current_credits=0)
        assert suggested(error) is None
        assert [words.split()[0] for words in error.suggestions] == [
            "Add",
            "Reduce",
            "Use",
            "Visit",
        ]

    @pytest.mark.parametrize(
        ("have", "fits"),
        [("0.0000488", None), ("0.0000489", 1), ("0.19995", 4094), ("0.1999999", 4095)],
    )
    def test_the_edges_of_what_fits(self, have: str, fits: int | None) -> None:
        assert suggested(refused(current_credits=have)) == fits

    def test_the_input_is_paid_first(self) -> None:
        error = refused(current_credits=0.05, input_cost=0.02)
        assert suggested(error) == math.floor(Fraction(4096 * 3, 18)) == 682

    @pytest.mark.parametrize("input_cost", [0.05, 0.06, 0.19])
    def test_where_the_input_takes_all_no_number_is_suggested(self, input_cost: float) -> None:
        assert suggested(refused(input_cost=input_cost)) is None

    def test_where_the_whole_cost_is_the_inputs_no_number_is_suggested(self) -> None:
        assert suggested(refused(input_cost=0.20)) is None

    def test_who_owes_is_suggested_no_number(self) -> None:
        assert suggested(refused(current_credits=-1)) is None

    def test_a_huge_max_tokens_stays_exact(self) -> None:
        error = refused(max_tokens=10**15, current_credits="0.1999999")
        assert suggested(error) == 999_999_500_000_000
        assert f"from {10**15} " in error.suggestions[2]

    def test_one_token_cannot_become_fewer(self) -> None:
        assert suggested(refused(max_tokens=1)) is None

    def test_a_third_is_not_rounded_up_to_a_token_too_many(self) -> None:
        error = refused(current_credits=1, max_cost=3, max_tokens=3)
        assert suggested(error) == 1
        assert suggested(refused(current_credits="0.9999999", max_cost=3, max_tokens=3)) is None

    @pytest.mark.parametrize(
        ("cost", "words"),
        [
            (0.01, "Use a less expensive model, for example gpt-4o-mini (up to $0.0100)"),
            (0.05, "Use a less expensive model, for example gpt-4o-mini (up to $0.0500)"),
            ("0.01001", "Use a less expensive model, for example gpt-4o-mini (up to $0.0101)"),
            ("0.0500001", "Use a less expensive model"),
            (0.06, "Use a less expensive model"),
        ],
    )
    def test_a_cheaper_model_is_named_when_it_would_fit(self, cost: Any, words: str) -> None:
        assert refused(cheaper_model=("gpt-4o-mini", cost)).suggestions[3] == words

    def test_a_cheaper_model_is_named_without_max_tokens_too(self) -> None:
        error = refused(max_tokens=None, cheaper_model=("gpt-4o-mini", 0.01))
        assert error.suggestions[1].endswith("for example gpt-4o-mini (up to $0.0100)")

    @given(
        max_tokens=st.integers(1, 10**6),
        a_token=st.integers(1, 10**5),
        fixed=st.integers(0, 10**9),
        share=st.fractions(0, 1),
    )
    def test_the_tokens_suggested_fit_and_one_more_does_not(
        self, max_tokens: int, a_token: int, fixed: int, share: Fraction
    ) -> None:
        """In microcredits, of which ten million are a dollar, as calls are priced."""
        most = fixed + max_tokens * a_token
        have = math.floor(share * (most - 1))
        fits = fitting_tokens(max_tokens, have=have, most=most, fixed=fixed)
        usd = Decimal(10_000_000)
        error = refused(
            current_credits=have / usd,
            max_cost=most / usd,
            input_cost=fixed / usd,
            max_tokens=max_tokens,
        )
        assert suggested(error) == fits
        if fits is not None:
            assert fixed + fits * a_token <= have
        assert fixed + ((fits or 0) + 1) * a_token > have

    @given(st.integers(2, 10**6), st.decimals("0.0001", 1000, places=4), st.fractions(0, 1))
    def test_fewer_tokens_are_always_fewer(
        self, max_tokens: int, most: Decimal, share: Fraction
    ) -> None:
        have = Decimal(math.floor(share * int(most * 10**7 - 1))) / 10**7
        error = refused(max_tokens=max_tokens, max_cost=most, current_credits=have)
        assert (suggested(error) or 0) < max_tokens


class TestHistory:
    """What similar requests usually take."""

    def test_it_is_said_in_the_detail_and_the_context(self) -> None:
        error = with_history(refused(), 480)
        assert error.context["usual_output_tokens"] == 480
        assert error.detail.endswith("You usually use about 480 tokens for similar requests.")

    def test_the_suggestions_stay_five(self) -> None:
        assert with_history(refused(), 480).suggestions == refused().suggestions

    def test_without_a_history_nothing_is_said(self) -> None:
        assert json.dumps(envelope(with_history(refused(), None), ""), indent=2) == DOCUMENTED
