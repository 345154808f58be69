"""Who offers to make films, for how much, and what costs less."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import InvalidRequest, ProviderUnavailable
from core.money import CREDIT
from credits import names, quotes
from generation import breaker
from generation.errors import Failure
from videos import offers
from videos.offers import Offer

OPENAI = Offer("openai", "sora-2", 2 * CREDIT)
CUSTOM = Offer("custom", "studio-1", 1 * CREDIT)
STUDIO = Offer("studio", "studio-1", CREDIT // 2)


@pytest.fixture(autouse=True)
def _all_three(settings: Any) -> None:
    settings.OPENAI_API_KEY = "sk-test"
    settings.CUSTOM_MODEL_URL = "http://127.0.0.1:9/v1"
    settings.ROUTES = {
        "generate-video": [
            "openai:sora-2",
            "gemini:no-key",
            "custom:studio-1",
            "studio:studio-1",
            "openai:sora-2",
        ]
    }
    settings.GEMINI_API_KEY = ""


def breaks(offer: Offer) -> None:
    for _ in range(5):
        breaker.failed(offer.provider, offer.model, Failure.TRANSIENT)


def test_those_that_are_set_up_are_offered_once_in_order() -> None:
    assert offers.offers() == [OPENAI, CUSTOM, STUDIO]


@pytest.mark.parametrize(
    ("named", "found"),
    [
        (None, OPENAI),
        ("sora-2", OPENAI),
        ("openai", OPENAI),
        ("studio", STUDIO),
        ("studio-1", CUSTOM),
        ("studio:studio-1", STUDIO),
        ("custom:studio-1", CUSTOM),
    ],
)
def test_a_request_names_a_model_a_provider_or_both(named: str | None, found: Offer) -> None:
    assert offers.offer_of(named) == found


@pytest.mark.parametrize("named", ["gemini", "no-key", "openai:studio-1", "SORA-2", "sora-2 ", ":"])
def test_what_is_not_offered_is_refused_with_what_is(named: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        offers.offer_of(named)
    (words,) = refused.value.fields["model"]
    assert words == "Use one of sora-2, studio-1, studio:studio-1."


def test_every_offer_is_found_by_the_name_that_is_told() -> None:
    for offer in offers.offers():
        assert offers.offer_of(offers.name_of(offer)) == offer


def test_each_alternative_is_cheaper_and_costs_what_it_says() -> None:
    given = {"seconds": "12", "model": "openai"}
    price = offers.price_of(given)
    assert price == 24 * CREDIT
    found = list(offers.alternatives(OPENAI, 12))
    for way in found:
        assert way.credits == offers.price_of({**given, **way.parameters}) < price
    assert len({tuple(sorted(way.parameters.items())) for way in found}) == len(found) == 5
    assert min(way.credits for way in found) == offers.price_of({"model": "studio"})
    assert list(offers.alternatives(STUDIO, 4)) == []


def test_a_quote_is_paid_by_no_plan_and_takes_longer_for_longer_films() -> None:
    short, long = (offers.quoted(None, {"seconds": length}) for length in ("4", 12))
    assert (short.credits, long.credits) == (8 * CREDIT, 24 * CREDIT)
    assert not short.by_plan
    assert short.seconds < long.seconds
    assert quotes.is_known("generate-video")
    assert names.label_of("generate-video") == "Video"


def test_who_fails_at_present_is_not_asked(user: Any) -> None:
    breaks(OPENAI)
    with pytest.raises(ProviderUnavailable) as refused:
        offers.open_offer(user, None)
    assert (refused.value.retry_after_s or 0) >= 1
    assert offers.open_offer(user, "studio") == STUDIO


def test_another_that_is_no_dearer_answers_where_the_user_allows_it(
    user: Any, settings: Any
) -> None:
    user.may_fall_back = True
    breaks(OPENAI)
    assert offers.open_offer(user, None) == CUSTOM
    with pytest.raises(ProviderUnavailable):
        offers.open_offer(user, "openai")  # who names one means it
    settings.ROUTES = {"generate-video": ["studio:studio-1", "custom:studio-1"]}
    breaks(STUDIO)
    with pytest.raises(ProviderUnavailable):
        offers.open_offer(user, None)
