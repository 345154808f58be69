"""The official OpenAI client, unchanged but for its address and key, against the real server."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from accounts.operations import create_key
from credits import queries as credit
from generation.models import Job
from tests.asgi import serving
from tests.assistant.conftest import Balance, say
from tests.fakes.chat_script import Answer, is_busy, refuses, refuses_content
from tests.fakes.chat_server import ChatServer
from tests.techpack.conftest import MakeProduct

ASK: list[Any] = say("What blocks this pack?")
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"inCity": {"type": "string"}}},
    },
}
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"inCity": "Köln"}'},
}


@pytest.fixture
def address(user: Any) -> Iterator[str]:
    with serving() as found:
        yield f"{found}/v1"


@pytest.fixture
def secret(user: Any) -> str:
    return create_key(user=user, name="sdk")[1]


@pytest.fixture
def client(address: str, secret: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=address, api_key=secret, max_retries=0) as made:
        yield made


def test_a_completion(client: openai.OpenAI, make_product: MakeProduct) -> None:
    answer = client.chat.completions.create(
        model="studio-1", messages=ASK, extra_body={"product_id": str(make_product().pk)}
    )
    assert answer.object == "chat.completion"
    assert answer.choices[0].message.content
    assert answer.usage
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_a_stream_with_its_usage(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model="default", messages=ASK, stream=True, stream_options={"include_usage": True}
    )
    *pieces, last = list(stream)
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces)
    assert last.usage
    assert last.choices == []
    assert last.model_extra is not None
    assert float(last.model_extra["credits"]["used"]) > 0


def test_the_helper_for_streams_gathers_the_whole(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(model="studio-1", messages=ASK) as stream:
        stream.until_done()
        whole = stream.get_final_completion()
    assert whole.choices[0].message.content


def test_many_ask_asynchronously(address: str, secret: str, user: Any) -> None:
    async def ask_all() -> list[str]:
        async with openai.AsyncOpenAI(base_url=address, api_key=secret, max_retries=0) as made:

            async def whole() -> str:
                answer = await made.chat.completions.create(model="studio-1", messages=ASK)
                return answer.choices[0].message.content or ""

            async def streamed() -> str:
                pieces = await made.chat.completions.create(
                    model="studio-1", messages=ASK, stream=True
                )
                return "".join([piece.choices[0].delta.content or "" async for piece in pieces])

            return list(await asyncio.gather(whole(), streamed(), whole(), streamed()))

    answers = asyncio.run(ask_all())
    assert len(set(answers)) == 1
    assert answers[0]
    assert Job.objects.filter(kind="chat", status="succeeded").count() == 4
    assert credit.balance(user).held == 0


def test_models(client: openai.OpenAI) -> None:
    [model] = client.models.list()
    assert (model.id, model.owned_by) == ("studio-1", "techpack-studio")
    assert client.models.retrieve("studio-1") == model
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-2")


# --- Too few credits -------------------------------------------------------------------------
@pytest.mark.parametrize("stream", [False, True])
def test_a_402_can_be_parsed_and_its_suggestion_succeeds(
    client: openai.OpenAI, leave: Balance, stream: bool
) -> None:
    leave(5_000)
    with pytest.raises(openai.APIStatusError) as refused:
        client.chat.completions.create(
            model="studio-1", messages=ASK, max_tokens=4096, stream=stream
        )
    error: Any = refused.value.body
    assert refused.value.status_code == 402
    assert refused.value.code == "INSUFFICIENT_CREDITS"
    assert error["context"]["credit_deficit"] > 0
    matches = [re.search(r"max_tokens to (\d+)", words) for words in error["suggestions"]]
    [limit] = [int(match[1]) for match in matches if match]
    answer = client.chat.completions.create(
        model="studio-1", messages=ASK, max_tokens=limit, stream=stream
    )
    assert list(answer)


def test_headers_can_be_read_beside_the_answer(client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(model="studio-1", messages=ASK)
    assert float(raw.headers["x-credits-used"]) > 0
    assert raw.parse().choices


# --- A vendor behind it ----------------------------------------------------------------------
def test_tools_and_formats_go_to_the_model_and_its_calls_come_back(
    client: openai.OpenAI, openai_vendor: ChatServer
) -> None:
    openai_vendor.will(Answer(tool_calls=[CALL]), Answer("Warm."))
    wished: Any = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"aB_c": {}}}}
    first = client.chat.completions.create(
        model="gpt-6.1-terra",
        messages=ASK,
        tools=[WEATHER],
        tool_choice="auto",
        response_format=wished,
        extra_body={"some_new_field": {"inCamelCase": 1}},
    )
    assert first.choices[0].finish_reason == "tool_calls"
    [call] = first.choices[0].message.tool_calls or []
    assert isinstance(call, openai.types.chat.ChatCompletionMessageFunctionToolCall)
    assert call.function.arguments == '{"inCity": "Köln"}'
    more: list[Any] = [
        *ASK,
        first.choices[0].message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": "call_1", "content": "17 °C"},
    ]
    second = client.chat.completions.create(model="gpt-6.1-terra", messages=more, tools=[WEATHER])
    assert second.choices[0].message.content == "Warm."
    asked, again = (request.body for request in openai_vendor.requests)
    assert asked["tools"] == [WEATHER]
    assert (asked["tool_choice"], asked["response_format"]) == ("auto", wished)
    assert asked["some_new_field"] == {"inCamelCase": 1}
    assert [message["role"] for message in again["messages"]] == ["user", "assistant", "tool"]


def test_calls_of_tools_are_streamed(client: openai.OpenAI, openai_vendor: ChatServer) -> None:
    openai_vendor.will(Answer(tool_calls=[CALL], usage=None))
    stream = client.chat.completions.create(
        model="gpt-6.1-terra", messages=ASK, tools=[WEATHER], stream=True
    )
    arguments = ""
    for piece in stream:
        for call in piece.choices[0].delta.tool_calls or ():
            arguments += (call.function and call.function.arguments) or ""
    assert arguments == '{"inCity": "Köln"}'
    told: Any = Job.objects.get(kind="chat").result
    assert told["completion_tokens"] == -(-len(("get_weather" + arguments).encode()) // 3)


def test_a_pack_goes_to_a_vendor_as_data_only_where_it_is_named(
    client: openai.OpenAI, openai_vendor: ChatServer, make_product: MakeProduct
) -> None:
    client.chat.completions.create(model="gpt-6-luna", messages=ASK)
    pack = {"product_id": str(make_product().pk)}
    client.chat.completions.create(model="gpt-6-luna", messages=ASK, extra_body=pack)
    without, with_it = (request.body for request in openai_vendor.requests)
    assert without["messages"] == ASK
    assert with_it["messages"][1:] == ASK
    assert "Pier Polo" in with_it["messages"][0]["content"]
    assert not {"product_id", "credit_policy"} & set(with_it)


def test_a_vendors_refusal_of_the_request_is_a_bad_request(
    client: openai.OpenAI, openai_vendor: ChatServer, user: Any
) -> None:
    openai_vendor.will(refuses(400, param="temperature", code="unsupported_value"))
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="gpt-6-luna", messages=ASK, temperature=1.5)
    error: Any = refused.value.body
    assert "temperature" in error["fields"]
    assert "sk-fake" not in str(error)
    assert credit.balance(user).free == 18_000_000


def test_a_vendor_that_fails_is_an_error_of_the_server_and_free(
    client: openai.OpenAI, openai_vendor: ChatServer, user: Any
) -> None:
    openai_vendor.will(refuses_content)
    with pytest.raises(openai.InternalServerError) as refused:
        client.chat.completions.create(model="gpt-6-luna", messages=ASK)
    assert refused.value.code == "CONTENT_REFUSED"
    openai_vendor.will(Answer(breaks="reset"))
    with pytest.raises(openai.APIError) as broken:
        list(client.chat.completions.create(model="gpt-6-luna", messages=ASK, stream=True))
    told: Any = broken.value.body
    assert told["context"] == {"charged": "0"}
    assert credit.balance(user).free == 18_000_000


def test_a_busy_vendor_is_asked_again_before_anything_is_bought(
    client: openai.OpenAI, openai_vendor: ChatServer
) -> None:
    openai_vendor.will(is_busy("0"))
    answer = client.chat.completions.create(model="gpt-6-luna", messages=ASK)
    assert answer.choices[0].message.content
    assert openai_vendor.bought == 1
