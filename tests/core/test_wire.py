"""JSON over HTTP: strict in, camelCase out."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.response import Response

from core import strict_json
from core.errors import InvalidRequest, PayloadTooLarge
from core.wire import CamelJSONRenderer, StrictJSONParser, camel, snake, to_camel, to_snake


def parse(body: bytes) -> dict[str, Any]:
    return StrictJSONParser().parse(io.BytesIO(body))


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'{"a": NaN}', "a"),
        (b'{"a": {"b": [0, Infinity]}}', "a.b.1"),
        (b'{"a": -Infinity}', "a"),
        (b'{"a": 1e400}', "a"),
        (b'{"a": 9007199254740993}', "a"),
        (b'{"a": -9007199254740993}', "a"),
        (b'{"a": ' + b"9" * 100_000 + b"}", "a"),
        (b'{"name": "a\\u0000b"}', "name"),
        (b'{"name": "\\ud800"}', "name"),
        (b'{"name": "\\udc00\\ud800"}', "name"),
        (b'{"a": {"b\\u0000": 1}}', "a"),
        (b'{"a": 1, "a": 2}', "a"),
        (b'{"views": [{"id": 1, "id": 1}]}', "views.0.id"),
        (b'{"productId": 1, "product_id": 2}', "product_id"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "a.a.a"),
        (b'{"a":' + b"[" * 100 + b"]" * 100 + b"}", "a.0.0"),
        (b"[" * 200_000, "body"),
        (b"[" * 100_000 + b"]" * 100_000, "body"),
        (b"[1]", "body"),
        (b'"text"', "body"),
        (b"null", "body"),
    ],
    ids=lambda value: value[:24] if isinstance(value, bytes) else value,
)
def test_what_could_be_read_two_ways_is_refused_with_its_path(body: bytes, path: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse(body)
    assert caught.value.code == "INVALID_FIELD"
    assert list(caught.value.fields) == [path]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"{'a': 1}", b'{"a": 1,}', b'{"a": 01}', b"\xff", b'{"a": "\n"}', b"{} {}"]
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse(body)
    assert caught.value.code == "INVALID_JSON"
    assert list(caught.value.fields) == ["body"]


def test_a_body_of_more_than_1_mb_is_too_large() -> None:
    with pytest.raises(PayloadTooLarge):
        parse(b'{"a": "' + b"x" * 1_048_576 + b'"}')


def test_the_edges_of_what_is_taken() -> None:
    assert parse(b'\xef\xbb\xbf{"a": 9007199254740992, "b": 1e308, "c": "\\ud83d\\ude00"}') == {
        "a": 9007199254740992,
        "b": 1e308,
        "c": "\U0001f600",
    }
    assert parse(b'{"a":' * 40 + b"1" + b"}" * 40)


def test_both_spellings_come_in_as_snake_case_and_free_form_data_as_it_is() -> None:
    body = {
        "viewType": 1,
        "source_revision_id": 2,
        "imageURL": 3,
        "views": [{"isCurrent": True}],
        "analysisData": {"designElements": [{"someKey": 1, "some_key": 2}]},
        "shot_metadata": {"scaleBar": 1},
        "materials.m_7f3.value": "cotton",
        "hps_left": [1, 2],
    }
    assert to_snake(body) == {
        "view_type": 1,
        "source_revision_id": 2,
        "image_url": 3,
        "views": [{"is_current": True}],
        "analysis_data": {"designElements": [{"someKey": 1, "some_key": 2}]},
        "shot_metadata": {"scaleBar": 1},
        "materials.m_7f3.value": "cotton",
        "hps_left": [1, 2],
    }


def render(data: Any, *, exact: bool = False) -> Any:
    response = Response()
    response.exact_keys = exact  # type: ignore[attr-defined]
    return json.loads(CamelJSONRenderer().render(data, renderer_context={"response": response}))


def test_answers_go_out_in_camel_case_but_for_stored_data_and_errors() -> None:
    data = {
        "created_at": 1,
        "rows": ({"tokens_used": 0},),
        "analysis_data": {"some_key": 1},
        "error": {"request_id": "req_1", "fields": {"a_b": ["x"]}},
    }
    assert render(data) == {
        "createdAt": 1,
        "rows": [{"tokensUsed": 0}],
        "analysisData": {"some_key": 1},
        "error": {"request_id": "req_1", "fields": {"a_b": ["x"]}},
    }
    assert render({"video_id": 1}, exact=True) == {"video_id": 1}


@given(st.from_regex(r"[a-z]+(_[a-z]+){0,4}", fullmatch=True))
def test_a_name_survives_the_way_out_and_in(name: str) -> None:
    words = name.split("_")
    if all(len(word) > 1 for word in words):
        assert snake(camel(name)) == name
    assert snake(name) == name


clean_text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | clean_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(clean_text, inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_clean_values_come_through_unchanged(value: Any) -> None:
    assert strict_json.loads(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_a_refusal(body: bytes) -> None:
    try:
        tree = parse(body)
    except InvalidRequest:
        return
    assert isinstance(to_camel(tree), dict)
