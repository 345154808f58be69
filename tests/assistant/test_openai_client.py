"""The official OpenAI client, unchanged but for its address and key, against the real server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from accounts.operations import create_key
from tests.asgi import serving
from tests.techpack.conftest import MakeProduct

ASK: list[Any] = [{"role": "user", "content": "What blocks this pack?"}]


@pytest.fixture
def client(user: Any) -> Iterator[openai.OpenAI]:
    with serving() as address:
        key = create_key(user=user, name="sdk")[1]
        with openai.OpenAI(base_url=f"{address}/v1", api_key=key, max_retries=0) as made:
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
    pieces = list(stream)
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces[:-1])
    assert pieces[-1].usage
    assert pieces[-1].choices == []
    assert pieces[-1].model_extra is not None
    assert float(pieces[-1].model_extra["credits"]["used"]) > 0
