"""``/v1/…`` as a client sees it: shapes, headers, refusals and their order."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiKey
from accounts.operations import create_key, revoke_key
from credits import operations as ledger
from credits import queries as credit
from credits.models import Hold
from generation.models import AICall, Job
from tests.api.contract import Contract
from tests.api.test_bodies import ATTACKS
from tests.api.world import signed_in
from tests.assistant.conftest import CHAT, HELLO, Balance, events_of, say, text_of
from tests.techpack.conftest import MakeProduct, new_user


def test_a_whole_answer_is_spelled_as_openai_spells_it(api: Contract) -> None:
    answer = api.send("POST", CHAT, HELLO)
    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"id", "object", "created", "model", "choices", "usage"}
    assert body["id"].startswith("chatcmpl-")
    assert body["model"] == "studio-1"
    [choice] = body["choices"]
    assert (choice["index"], choice["finish_reason"]) == (0, "stop")
    assert choice["message"]["role"] == "assistant"
    assert choice["message"]["content"]


def test_every_answer_says_what_it_cost_and_what_is_left(api: Contract, user: Any) -> None:
    answer = api.send("POST", CHAT, HELLO)
    used = Hold.objects.get(job__kind="chat").captured
    assert 0 < used < 100_000
    assert answer.headers["X-Credits-Used"] == f"{used / 1e6:.6f}".rstrip("0")
    assert float(answer.headers["X-Credits-Remaining"]) * 1e6 == 18e6 - used


def test_a_stream_says_the_same_piece_by_piece(api: Contract) -> None:
    whole = api.send("POST", CHAT, HELLO).json()
    usage = {"stream_options": {"include_usage": True}}
    answer = api.send("POST", CHAT, {**HELLO, "stream": True, **usage})
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert "X-Credits-Used" not in answer.headers
    events = events_of(answer)
    assert events.pop() == "[DONE]"
    last = events.pop()
    assert text_of(events) == whole["choices"][0]["message"]["content"]
    assert last["choices"] == []
    assert last["usage"]["completion_tokens"] == whole["usage"]["completion_tokens"]
    used = last["usage"]["prompt_tokens"] + 4 * last["usage"]["completion_tokens"]
    assert last["credits"]["used"] == f"{used / 1e6:.6f}".rstrip("0")
    assert Hold.objects.latest("created_at").captured == used
    assert {event["object"] for event in events} == {"chat.completion.chunk"}
    assert all(event["usage"] is None for event in events)
    assert events[-1]["choices"][0]["finish_reason"] == "stop"


def test_a_stream_without_usage_has_none(api: Contract) -> None:
    events = events_of(api.send("POST", CHAT, {**HELLO, "stream": True}))
    assert all("usage" not in event and event["choices"] for event in events[:-1])
    assert Hold.objects.get().captured > 0


def test_a_stream_without_a_reader_of_usage_is_settled_all_the_same(api: Contract) -> None:
    answer = api.send("POST", CHAT, {**HELLO, "stream": True})
    assert float(answer.headers["X-Credits-Remaining"]) < 18
    events_of(answer)
    job: Any = Job.objects.get(kind="chat")
    assert (job.status, job.result["is_whole"]) == ("succeeded", True)


def test_models_are_listed_with_their_prices(api: Contract) -> None:
    body = api.get("/v1/models").json()
    assert body["object"] == "list"
    assert [model["id"] for model in body["data"]] == ["studio-1"]
    assert body["data"][0]["prices"]["output"] == "0.40"
    assert api.get("/v1/models/studio-1").json() == body["data"][0]
    missing = api.get("/v1/models/nothing")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "MODEL_NOT_FOUND")


@pytest.mark.parametrize("model", [None, "default", "studio-1"])
def test_the_model_may_be_left_out(api: Contract, model: str | None) -> None:
    answer = api.send("POST", CHAT, {**HELLO, "model": model})
    assert answer.json()["model"] == "studio-1"


def test_an_unknown_model_is_404_and_one_that_is_not_set_up_503(api: Contract) -> None:
    unknown = api.send("POST", CHAT, {**HELLO, "model": "gpt-2"})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "MODEL_NOT_FOUND")
    closed = api.send("POST", CHAT, {"model": "gpt-6-luna", "messages": 7})
    assert (closed.status_code, closed.json()["error"]["type"]) == (503, "provider_unavailable")
    assert not Hold.objects.exists()


WRONG: dict[str, tuple[Any, str]] = {
    "no messages": ({}, "messages"),
    "empty": ({"messages": []}, "messages"),
    "a text": ({"messages": "hello"}, "messages"),
    "a null": ({"messages": None}, "messages"),
    "an array of texts": ({"messages": ["hello"]}, "messages.0"),
    "no role": ({"messages": [{"content": "x"}]}, "messages.0.role"),
    "a strange role": ({"messages": [{"role": "boss", "content": "x"}]}, "messages.0.role"),
    "a number": ({"messages": [{"role": "user", "content": 7}]}, "messages.0.content"),
    "a part without type": (
        {"messages": [{"role": "user", "content": [{"text": "x"}]}]},
        "messages.0.content.0.type",
    ),
    "501 messages": ({"messages": say(*["x"] * 501)}, "messages"),
    "no tokens": ({**HELLO, "max_tokens": 0}, "max_tokens"),
    "minus one": ({**HELLO, "max_completion_tokens": -1}, "max_completion_tokens"),
    "2^31 tokens": ({**HELLO, "max_tokens": 2**31}, "max_tokens"),
    "tokens as text": ({**HELLO, "max_tokens": "5"}, "max_tokens"),
    "tokens as truth": ({**HELLO, "max_tokens": True}, "max_tokens"),
    "half a token": ({**HELLO, "max_tokens": 1.5}, "max_tokens"),
    "no choices": ({**HELLO, "n": 0}, "n"),
    "nine choices": ({**HELLO, "n": 9}, "n"),
    "too hot": ({**HELLO, "temperature": 2.1}, "temperature"),
    "too cold": ({**HELLO, "temperature": -0.1}, "temperature"),
    "heat as text": ({**HELLO, "temperature": "1"}, "temperature"),
    "stream as text": ({**HELLO, "stream": "true"}, "stream"),
    "options as list": ({**HELLO, "stream": True, "stream_options": []}, "stream_options"),
    "usage as text": (
        {**HELLO, "stream": True, "stream_options": {"include_usage": "yes"}},
        "stream_options.include_usage",
    ),
    "tools as object": ({**HELLO, "tools": {}}, "tools"),
    "a tool as text": ({**HELLO, "tools": ["x"]}, "tools.0"),
    "model as number": ({**HELLO, "model": 5}, "model"),
    "no product id": ({**HELLO, "product_id": "x"}, "product_id"),
    "product as number": ({**HELLO, "product_id": 5}, "product_id"),
    "policy": ({**HELLO, "credit_policy": "free"}, "credit_policy"),
}


@pytest.mark.parametrize(("body", "path"), WRONG.values(), ids=list(WRONG))
def test_what_is_wrong_is_named_as_it_was_spelled(api: Contract, body: Any, path: str) -> None:
    answer = api.send("POST", CHAT, body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "INVALID_FIELD")
    assert path in error["fields"]
    assert not Hold.objects.exists()


@pytest.mark.parametrize("attack", [name for name in ATTACKS if "two spellings" not in name])
def test_an_ambiguous_body_is_refused_with_its_path(api: Contract, attack: str) -> None:
    body, path, status = ATTACKS[attack]
    answer = api.send("POST", CHAT, body)
    assert answer.status_code == status
    if status == 400:
        assert list(answer.json()["error"]["fields"]) == [path]


@pytest.mark.parametrize(
    "more",
    [
        {"max_tokens": None, "n": None, "temperature": None, "stream": None, "tools": None},
        {"stream_options": None, "product_id": None, "credit_policy": None},
        {"temperature": 0, "top_p": 1, "presence_penalty": 0.5, "seed": 7, "user": "u-1"},
        {"logit_bias": {"50256": -100}, "metadata": {"a_b": "c"}, "store": False},
        {"some_new_field": {"deeply": [{"nested_key": 1}]}},
        {"response_format": {"type": "text"}, "stop": ["\n\n"]},
        {"max_tokens": 2**31 - 1, "n": 1},
        {"max_completion_tokens": 5, "max_tokens": 9},
    ],
)
def test_nulls_and_unknown_fields_are_taken(api: Contract, more: dict[str, Any]) -> None:
    answer = api.send("POST", CHAT, {**HELLO, **more})
    if more.get("max_tokens") == 2**31 - 1:
        assert answer.status_code == 402
    else:
        assert answer.status_code == 200, answer.content


def test_every_kind_of_message_is_taken(api: Contract) -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": [{"type": "text", "text": "Really."}]},
        {"role": "user", "content": "你好, was blockiert dieses Pack? ärgerlich 🧵"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "42"},
        {"role": "function", "name": "f", "content": "42"},
        {"role": "user", "content": [{"type": "text", "text": "And now?"}]},
    ]
    answer = api.send("POST", CHAT, {"messages": messages})
    assert answer.status_code == 200, answer.content


def test_a_hundred_kilobytes_are_counted_and_paid(api: Contract) -> None:
    answer = api.send("POST", CHAT, {"messages": say("pocket " * 15_000)})
    assert answer.status_code == 200
    job = Job.objects.get(kind="chat")
    assert job.input["input_tokens"] >= 105_000 // 3
    assert answer.json()["usage"]["prompt_tokens"] > 10_000


def test_more_than_a_megabyte_is_413(api: Contract) -> None:
    answer = api.send("POST", CHAT, {"messages": say("x" * 1024 * 1024)})
    assert (answer.status_code, answer.json()["error"]["type"]) == (413, "payload_too_large")


def test_eight_choices_cost_eight_answers(api: Contract) -> None:
    one = api.send("POST", CHAT, HELLO).json()["usage"]
    body = api.send("POST", CHAT, {**HELLO, "n": 8}).json()
    assert [choice["index"] for choice in body["choices"]] == list(range(8))
    assert body["usage"]["completion_tokens"] == 8 * one["completion_tokens"]


def test_a_limit_cuts_the_answer(api: Contract) -> None:
    body = api.send("POST", CHAT, {**HELLO, "max_tokens": 3}).json()
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["completion_tokens"] <= 3


# --- Who may ask -----------------------------------------------------------------------------
def test_nobody_a_wrong_key_and_a_narrow_key_are_refused(api: Contract, user: Any) -> None:
    assert Client().post(CHAT, HELLO, "application/json").status_code == 401
    narrow = Contract(create_key(user=user, name="n", scopes=["products:read"])[1])
    for method, path in (("POST", CHAT), ("GET", "/v1/models"), ("GET", "/v1/models/studio-1")):
        refused = narrow.send(method, path, HELLO if method == "POST" else None)
        assert refused.status_code == 403, path
        assert refused.json()["error"]["context"] == {"scope": "chat"}
    key, secret = create_key(user=user, name="gone")
    revoke_key(user=user, key_id=key.pk)
    assert Contract(secret).send("POST", CHAT, HELLO).status_code == 401


def test_a_session_may_ask_with_its_csrf_token_only(user: Any) -> None:
    browser = signed_in(user)
    assert browser.post(CHAT, HELLO, "application/json").status_code == 200
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert strict.post(CHAT, HELLO, "application/json").status_code == 401


def test_a_mobile_session_may_ask_by_its_token(user: Any) -> None:
    person = {"email": "phone@studio.example", "password": "harbour-crane-7"}
    signed = Client().post("/_allauth/app/v1/auth/signup", person, "application/json")
    token = {"X-Session-Token": signed.json()["meta"]["session_token"]}
    phone = Client(enforce_csrf_checks=True)
    assert phone.post(CHAT, HELLO, "application/json", headers=token).status_code == 200


def test_a_plan_with_unlimited_operations_pays_for_chats_by_the_token_too(
    api: Contract, user: Any
) -> None:
    ledger.change_plan(user_id=user.pk, plan="pro", started_at=timezone.now())
    before = credit.balance(user).free
    used = float(api.send("POST", CHAT, HELLO).headers["X-Credits-Used"]) * 1e6
    assert credit.balance(user).free == before - used < before


def test_a_pack_of_somebody_else_is_404_and_nothing_is_held(
    api: Contract, make_product: MakeProduct
) -> None:
    product = make_product()
    other = Contract(create_key(user=new_user(), name="x")[1])
    asked = {**HELLO, "product_id": str(product.pk)}
    assert other.send("POST", CHAT, asked).status_code == 404
    assert not Hold.objects.exists()
    assert api.send("POST", CHAT, asked).status_code == 200


def test_the_pack_is_the_context(api: Contract, make_product: MakeProduct) -> None:
    product = make_product()
    asked = {"messages": say("What is this product called?"), "product_id": str(product.pk)}
    body = api.send("POST", CHAT, asked).json()
    assert "Pier Polo" in body["choices"][0]["message"]["content"]
    assert Job.objects.get(kind="chat").product_id == product.pk
    [line] = [
        row
        for row in api.get("/api/credits/statement").json()["results"]
        if row["operation"] == "chat"
    ]
    assert (line["reason"], line["productId"]) == ("studio-1", str(product.pk))


# --- The order of checks ---------------------------------------------------------------------
def test_the_order_of_refusals(api: Contract, user: Any, settings: Any, leave: Balance) -> None:
    """Each body has every fault that comes later, too."""
    leave(0)
    broken = b'{"messages": 7'
    narrow = create_key(user=user, name="n", scopes=["products:read"])[1]
    assert Client().post(CHAT, broken, "application/json").status_code == 401
    settings.REQUESTS_PER_MINUTE = 0
    assert Contract(narrow).send("POST", CHAT, broken).status_code == 403
    assert api.send("POST", CHAT, broken).status_code == 429
    settings.REQUESTS_PER_MINUTE = 600
    assert api.send("POST", CHAT, broken).status_code == 400
    settings.CHATS_OF_USER_AT_ONCE = 0
    assert api.send("POST", CHAT, {"model": "gpt-6-luna"}).status_code == 429
    settings.CHATS_OF_USER_AT_ONCE = 8
    assert api.send("POST", CHAT, {"model": "gpt-6-luna"}).status_code == 503
    strange = {"model": "gpt-2", "product_id": "01890000-0000-7000-8000-000000000000"}
    assert api.send("POST", CHAT, strange).status_code == 400
    lost = api.send("POST", CHAT, {**HELLO, **strange})
    assert (lost.status_code, lost.json()["error"]["code"]) == (404, "MODEL_NOT_FOUND")
    del strange["model"]
    assert api.send("POST", CHAT, {**HELLO, **strange}).status_code == 404
    assert api.send("POST", CHAT, HELLO).status_code == 402


def test_more_at_once_than_allowed_is_429_with_the_time_to_wait(
    api: Contract, settings: Any
) -> None:
    settings.CHATS_AT_ONCE = 0
    refused = api.send("POST", CHAT, HELLO)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "2")
    settings.CHATS_AT_ONCE = 1
    for stream in (False, True, False):
        answer = api.send("POST", CHAT, {**HELLO, "stream": stream})
        assert answer.status_code == 200, "seats are given back"
        if stream:
            events_of(answer)


# --- What is kept ----------------------------------------------------------------------------
def test_no_word_of_a_conversation_is_kept(api: Contract) -> None:
    api.send("POST", CHAT, {"messages": say("Zanzibar 7731?")})
    events_of(api.send("POST", CHAT, {"messages": say("Zanzibar 7731?"), "stream": True}))
    for job in Job.objects.filter(kind="chat"):
        assert "Zanzibar" not in str([job.input, job.result, job.error])
    for call in AICall.objects.all():
        assert "Zanzibar" not in str(
            [call.input_data, call.output_data, call.context, call.error_message]
        )
        assert call.cost_usd_micros == 0, "the studio buys nothing"


def test_the_job_can_be_read(api: Contract) -> None:
    body = api.send("POST", CHAT, HELLO).json()
    [job] = api.get("/api/jobs?kind=chat").json()["results"]
    assert job["id"].replace("-", "") == body["id"].removeprefix("chatcmpl-")
    assert job["result"]["completionTokens"] == body["usage"]["completion_tokens"]
    assert (job["status"], job["creditsHeld"]) == ("succeeded", "0")


# --- Quotes ----------------------------------------------------------------------------------
def test_a_quote_says_what_would_be_held(api: Contract, user: Any) -> None:
    quote = api.send("POST", "/api/credits/quote", {"operation": "chat", **HELLO}).json()
    assert (quote["affordable"], quote["included"]) == (True, False)
    api.send("POST", CHAT, HELLO)
    assert float(quote["hold"]) * 1e6 == Hold.objects.get().amount
    wrong = api.send("POST", "/api/credits/quote", {"operation": "chat"})
    assert wrong.status_code == 400


def test_a_key_has_its_monthly_cap(user: Any) -> None:
    key, secret = create_key(user=user, name="capped", monthly_cap=5000)
    capped = Contract(secret)
    assert capped.send("POST", CHAT, {**HELLO, "max_tokens": 10}).status_code == 200
    refused = capped.send("POST", CHAT, {**HELLO, "max_tokens": 100_000})
    error = refused.json()["error"]
    assert refused.status_code == 402
    assert error["context"]["key_cap"]["cap"] == 0.005
    assert credit.used_by_key(key.pk, since=ApiKey.objects.get(pk=key.pk).created_at) > 0
