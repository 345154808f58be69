"""Too few credits: the 402, following it, answers that are shortened, and warnings before."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import ApiKey
from accounts.operations import create_key
from assistant.models import Turn
from credits import budget
from credits import operations as ledger
from credits import queries as credit
from credits.models import Hold, Refusal
from generation.models import Job
from tests.api.contract import Contract
from tests.assistant.conftest import CHAT, HELLO, Balance, events_of, say
from tests.fakes.chat_server import ChatServer

# The way of the document: what a client reads out of the suggestions.
SUGGESTED = re.compile(r"max_tokens to (\d+)")


def suggested(error: dict[str, Any]) -> int | None:
    """The limit that a 402 suggests."""
    matches = (SUGGESTED.search(words) for words in error["suggestions"])
    return next((int(match[1]) for match in matches if match), None)


def refused(api: Contract, **more: Any) -> dict[str, Any]:
    """The error of a request that is refused for want of credits."""
    answer = api.send("POST", CHAT, HELLO | more)
    assert answer.status_code == 402, answer.content
    error: dict[str, Any] = answer.json()["error"]
    return error


def remember(user: Any, *tokens: int, api_key: ApiKey | None = None, like: Turn) -> None:
    """Give the user turns like one, of so many tokens."""
    for count in tokens:
        job = Job.objects.create(user=user, kind="chat", deadline_at=like.created_at)
        Turn.objects.create(
            user=user,
            api_key_id=api_key.pk if api_key else like.api_key_id,
            model=like.model,
            prompt_bucket=like.prompt_bucket,
            prompt_tokens=like.prompt_tokens,
            completion_tokens=count,
            job=job,
        )


# --- The 402 ---------------------------------------------------------------------------------
def test_the_402_tells_in_dollars_and_credits_what_is_missing(
    api: Contract, leave: Balance
) -> None:
    leave(5_000)
    error = refused(api, max_tokens=4096)
    context = error["context"]
    assert (error["type"], error["code"], error["status"]) == (
        "insufficient_credits",
        "INSUFFICIENT_CREDITS",
        402,
    )
    required = context["input_tokens"] + 4 * 4096
    assert context["unit"] == "USD"
    assert context["current_credits"] == 0.0005
    assert Decimal(str(context["required_credits"])) == Decimal(required) / 10_000_000
    assert context["credits"] == {
        "current": 0.005,
        "required": required / 1e6,
        "deficit": (required - 5_000) / 1e6,
    }
    assert (context["requested_model"], context["requested_max_tokens"]) == ("studio-1", 4096)
    assert context["request_id"] == error["request_id"]
    assert suggested(error) == (5_000 - context["input_tokens"]) // 4
    assert not Hold.objects.filter(operation="chat").exists()
    assert Refusal.objects.get().model == "studio-1"


def test_without_a_limit_1024_is_held_for_and_sent(
    api: Contract, user: Any, leave: Balance, openai_vendor: ChatServer
) -> None:
    asked = {"model": "gpt-6-luna"}
    api.send("POST", CHAT, HELLO | asked)
    assert openai_vendor.requests[0].body["max_completion_tokens"] == 1024
    leave(4_000)
    error = refused(api, **asked)
    assert "requested_max_tokens" not in error["context"]
    assert suggested(error) is None
    assert Job.objects.get(kind="chat").price == error["context"]["input_tokens"] + 5 * 1024


def test_following_the_suggestion_succeeds(
    api: Contract, user: Any, leave: Balance, dear: str
) -> None:
    followed = 0
    for seed in range(60):
        rng = random.Random(seed)
        model = rng.choice(["studio-1", dear])
        words = say("What blocks this pack? " * rng.choice([1, 3, 40]))
        asked: dict[str, Any] = {
            "model": model,
            "messages": words,
            "n": rng.choice([1, 1, 2, 7, 8]),
            "max_tokens": rng.choice([7, 100, 999, 4096, 1_000_003, 2**31 - 1]),
            "stream": rng.random() < 0.3,
        }
        leave(int(10 ** rng.uniform(2, 6)))
        answer = api.send("POST", CHAT, asked)
        if answer.status_code == 402:
            limit = suggested(answer.json()["error"])
            if limit is not None:
                followed += 1
                assert limit < asked["max_tokens"]
                answer = api.send("POST", CHAT, asked | {"max_tokens": limit})
                assert answer.status_code == 200, (seed, answer.content)
        if answer.streaming:
            events_of(answer)
    assert followed >= 15


def test_following_the_suggestion_counts_for_either_name_of_the_limit(
    api: Contract, leave: Balance
) -> None:
    leave(5_000)
    error = refused(api, max_completion_tokens=4096)
    both = {"max_completion_tokens": 4096, "max_tokens": suggested(error)}
    assert api.send("POST", CHAT, HELLO | both).status_code == 200


def test_a_cheaper_model_that_fits_is_named_and_answers(
    api: Contract, leave: Balance, dear: str
) -> None:
    leave(10_000)
    error = refused(api, model=dear, max_tokens=1000)
    [words] = [words for words in error["suggestions"] if "less expensive" in words]
    assert words.startswith("Use a less expensive model, for example studio-1 (up to $0.000")
    assert api.send("POST", CHAT, HELLO | {"max_tokens": 1000}).status_code == 200


def test_a_key_at_its_cap_is_told_of_the_cap_and_what_fits_under_it(user: Any) -> None:
    _, secret = create_key(user=user, name="capped", monthly_cap=5_000)
    capped = Contract(secret)
    error = refused(capped, max_tokens=4096)
    assert "Raise the monthly cap of this key" in error["suggestions"]
    assert error["context"]["current_credits"] == 0.0005
    limit = suggested(error)
    assert limit
    assert capped.send("POST", CHAT, HELLO | {"max_tokens": limit}).status_code == 200


def test_the_three_metrics_move_when_one_fails_follows_and_succeeds(
    api: Contract, leave: Balance
) -> None:
    def figures() -> dict[str, float]:
        lines = Client().get("/metrics").content.decode().splitlines()
        rows = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in rows}

    failures = 'credit_reservation_failures_total{model="studio-1"}'
    shortfalls = "credit_shortfall_distribution_count"
    made_good = "credit_reservation_retry_success_rate"
    before = figures()
    leave(5_000)
    limit = suggested(refused(api, max_tokens=4096))
    failed = figures()
    assert failed[failures] == before.get(failures, 0) + 1
    assert failed[shortfalls] == before[shortfalls] + 1
    assert made_good not in failed, "it may still be made good"
    assert api.send("POST", CHAT, HELLO | {"max_tokens": limit}).status_code == 200
    assert figures()[made_good] == 1


# --- Shortened answers -----------------------------------------------------------------------
def test_a_limit_is_lowered_where_the_client_asks_for_it(api: Contract, leave: Balance) -> None:
    leave(5_000)
    asked = HELLO | {"max_tokens": 4096, "credit_policy": "adjust"}
    answer = api.send("POST", CHAT, asked)
    job = Job.objects.get(kind="chat")
    limit = (5_000 - job.input["input_tokens"]) // 4
    assert answer.headers["X-Max-Tokens-Adjusted"] == f"4096->{limit}"
    words = f"max_tokens was lowered from 4096 to {limit}, which is what your credits cover."
    assert answer.headers["X-Credit-Warning"] == words
    assert answer.json()["warnings"] == [words]
    assert job.input["max_tokens"] == limit
    assert not Refusal.objects.exists()


@pytest.mark.parametrize("wants_usage", [True, False])
def test_a_stream_tells_of_it_in_its_last_piece(
    api: Contract, leave: Balance, wants_usage: bool
) -> None:
    leave(5_000)
    asked = HELLO | {"max_tokens": 4096, "credit_policy": "adjust", "stream": True}
    asked |= {"stream_options": {"include_usage": wants_usage}}
    answer = api.send("POST", CHAT, asked)
    assert answer.headers["X-Max-Tokens-Adjusted"].startswith("4096->")
    *pieces, last, done = events_of(answer)
    assert done == "[DONE]"
    assert len(last["warnings"]) == 1
    assert not any("warnings" in piece for piece in pieces)


def test_a_key_may_ask_for_it_always_and_a_request_has_the_last_word(
    user: Any, leave: Balance
) -> None:
    key, secret = create_key(user=user, name="adjusting")
    ApiKey.objects.filter(pk=key.pk).update(credit_policy=ApiKey.CreditPolicy.ADJUST)
    adjusting = Contract(secret)
    leave(5_000)
    refused(adjusting, max_tokens=4096, credit_policy="strict")
    answer = adjusting.send("POST", CHAT, HELLO | {"max_tokens": 4096})
    assert (answer.status_code, "X-Max-Tokens-Adjusted" in answer.headers) == (200, True)


def test_an_answer_is_not_shortened_below_what_is_usual(
    api: Contract, user: Any, leave: Balance
) -> None:
    api.send("POST", CHAT, HELLO)
    remember(user, 900, 900, 950, 980, like=Turn.objects.get())
    leave(3_000)
    error = refused(api, max_tokens=4096, credit_policy="adjust")
    assert error["context"]["usual_output_tokens"] == 900
    assert suggested(error), "whoever wants it may still ask for it"


def test_nothing_is_shortened_to_nothing(api: Contract, leave: Balance) -> None:
    leave(10)
    error = refused(api, max_tokens=4096, credit_policy="adjust")
    assert suggested(error) is None


# --- History ---------------------------------------------------------------------------------
def test_after_five_similar_requests_the_usual_length_is_told(
    api: Contract, user: Any, leave: Balance
) -> None:
    for _ in range(5):
        assert api.send("POST", CHAT, HELLO).status_code == 200
    usual = Turn.objects.latest("pk").completion_tokens
    balance = credit.balance(user).free
    assert usual > 0
    leave(5_000)
    error = refused(api, max_tokens=4096)
    assert error["context"]["usual_output_tokens"] == usual
    assert f"You usually use about {usual} tokens for similar requests" in error["detail"]
    answer = api.send("POST", CHAT, HELLO | {"max_tokens": 4096, "credit_policy": "adjust"})
    words = f"You usually use about {usual} tokens for similar requests."
    assert answer.json()["warnings"][-1] == words
    assert words in answer.headers["X-Credit-Warning"]
    assert balance > 5_000


def test_four_requests_other_sizes_other_models_and_other_keys_say_nothing(
    api: Contract, user: Any, leave: Balance, dear: str
) -> None:
    for _ in range(4):
        api.send("POST", CHAT, HELLO)
    for _ in range(5):
        api.send("POST", CHAT, {"messages": say("pocket " * 3000)})
    other = Contract(create_key(user=user, name="other")[1])
    leave(5_000)
    assert "usual_output_tokens" not in refused(api, max_tokens=4096)["context"]
    assert "usual_output_tokens" not in refused(api, max_tokens=4096, model=dear)["context"]
    assert "usual_output_tokens" not in refused(other, max_tokens=4096)["context"]


def test_the_length_of_one_choice_is_what_counts(api: Contract) -> None:
    one = api.send("POST", CHAT, HELLO).json()["usage"]["completion_tokens"]
    api.send("POST", CHAT, HELLO | {"n": 4})
    assert set(Turn.objects.values_list("completion_tokens", flat=True)) == {one}


def test_a_quote_tells_the_usual_price_and_what_must_be_free(api: Contract) -> None:
    for _ in range(5):
        api.send("POST", CHAT, HELLO)
    quoted = api.send("POST", "/api/credits/quote", {"operation": "chat", **HELLO}).json()
    assert 0 < float(quoted["credits"]) < float(quoted["hold"])


# --- Warnings before -------------------------------------------------------------------------
def spend(user: Any, amount: int) -> None:
    """Consume so many µcr elsewhere."""
    hold = ledger.hold(
        user_id=user.pk,
        amount=amount,
        key=uuid4().hex,
        operation="test",
        reason="test",
        ttl=timedelta(minutes=5),
    )
    ledger.capture(hold_id=hold.pk)


@pytest.mark.parametrize("stream", [False, True])
def test_half_of_the_month_is_warned_of_once(api: Contract, user: Any, stream: bool) -> None:
    spend(user, 9_500_000)
    asked = HELLO | {"stream": stream}
    answer = api.send("POST", CHAT, asked)
    words = answer.headers["X-Credit-Warning"]
    assert words.isascii()
    assert words.startswith("You have used 52 % of this month's 18 credits")
    told = events_of(answer)[-2] if stream else answer.json()
    assert told["warnings"][0].startswith("You have used 52")
    again = api.send("POST", CHAT, asked)
    assert "X-Credit-Warning" not in again.headers
    if stream:
        events_of(again)


def test_a_floor_is_warned_of(api: Contract, user: Any) -> None:
    budget.set_floor(user=user, floor=17_999_999)
    answer = api.send("POST", CHAT, HELLO)
    assert "less than your floor" in answer.headers["X-Credit-Warning"]


def test_an_answer_does_not_fail_for_whoever_is_told_of_a_budget(
    api: Contract, user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(user: Any, warned: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(budget, "_listeners", [breaks])
    budget.set_floor(user=user, floor=17_999_999)
    answer = api.send("POST", CHAT, HELLO)
    assert (answer.status_code, "X-Credit-Warning" in answer.headers) == (200, False)
