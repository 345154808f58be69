"""The server's interface: what it answers, and how it refuses."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.model_server.app import BODY_MOST
from generation.prompts import prompt_of, views_told
from generation.providers.protocols import Brief, View
from tests.model_server.inline import POLO, Served, asking, content_of, data_url, error_of

SCHEMAS = ("category_v1", "analysis_v1", "close_up_plan_v1", "close_up_v1", "field_edit_v1")


@pytest.fixture
def served() -> Served:
    return Served()


def test_a_category_is_answered_in_the_form_of_a_chat_completion(served: Served) -> None:
    answer = served.chat(asking("category_v1", data_url(POLO), text="What is it?"))
    assert answer.status_code == 200, answer.text
    assert content_of(answer)["category"] == "tops"
    told = answer.json()
    assert (told["object"], told["model"]) == ("chat.completion", "studio-1")
    assert told["choices"][0]["finish_reason"] == "stop"
    usage = told["usage"]
    assert usage["prompt_tokens"] == 4  # of the words; pixels take none
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def test_words_of_people_choose_the_category_only_from_the_data_line(served: Served) -> None:
    told = prompt_of("category/detect", brief=Brief("water bottle"))
    asked = asking("category_v1", data_url(POLO), text=told.data_text)
    assert content_of(served.chat(asked))["category"] == "other"


def test_two_data_lines_in_one_text_are_none(served: Served) -> None:
    told = prompt_of("category/detect", brief=Brief("water bottle")).data_text
    asked = asking("category_v1", data_url(POLO), text=f"{told}\n{told}")
    assert content_of(served.chat(asked))["category"] == "tops"


def test_an_empty_picture_is_said_to_show_no_product(served: Served) -> None:
    from io import BytesIO

    from PIL import Image

    held = BytesIO()
    Image.new("RGB", (300, 300), "white").save(held, "JPEG")
    answer = served.chat(asking("analysis_v1", data_url(held.getvalue())))
    assert answer.status_code == 200
    assert content_of(answer)["hasProduct"] is False


def small(width: int, height: int) -> bytes:
    from io import BytesIO

    from PIL import Image

    with Image.open(BytesIO(POLO)) as opened:
        held = BytesIO()
        opened.crop((100, 100, 100 + width, 100 + height)).save(held, "JPEG")
    return held.getvalue()


@pytest.mark.parametrize(("size", "status"), [((20, 31), 200), ((1, 1), 200), ((1, 200), 400)])
def test_a_small_detail_can_be_described(
    served: Served, size: tuple[int, int], status: int
) -> None:
    answer = served.chat(asking("close_up_v1", data_url(small(*size))))
    assert answer.status_code == status, answer.text
    if status == 200:
        assert content_of(answer)["summary"]


def test_a_question_about_a_pack_is_answered_from_its_facts(served: Served) -> None:
    from generation.providers.chat_request import knowledge_message
    from generation.providers.protocols import ChatRequest

    columns = ["name", "hex", "share", "standard", "source"]
    row = ["seafoam", "#93e9be", "90 %", "", "AI 80 %"]
    facts = {"product": {"name": "Pier Polo"}, "colours": {"columns": columns, "rows": [row]}}
    question = {"role": "user", "content": "Which colours does it have?"}
    known = knowledge_message(ChatRequest("studio-1", [question], 100, knowledge=facts))
    answer = served.chat({"messages": [known, question]})
    assert answer.status_code == 200, answer.text
    assert "seafoam" in answer.json()["choices"][0]["message"]["content"]


def test_an_answer_in_words_can_be_streamed(served: Served) -> None:
    body = {
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    answer = served.chat(body)
    assert answer.headers["content-type"] == "text/event-stream"
    *events, end = answer.text.strip().split("\n\n")
    assert end == "data: [DONE]"
    chunks = [json.loads(event.removeprefix("data: ")) for event in events]
    words = "".join(
        choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"]
    )
    assert words
    assert chunks[-1]["usage"]["total_tokens"] > 0


def picture_in(answer: Any) -> bytes:
    assert answer.status_code == 200, answer.text
    usage = answer.json()["usage"]
    assert usage["output_tokens"] == usage["input_tokens_details"]["image_tokens"] == 0
    return base64.b64decode(answer.json()["data"][0]["b64_json"])


def edit(served: Served, prompt: str, *pictures: bytes, **more: str) -> Any:
    files = [("image[]", (f"{n}.jpg", data, "image/jpeg")) for n, data in enumerate(pictures)]
    fields = {"model": "studio-1", "prompt": prompt, **more}
    return served.send("POST", "/v1/images/edits", data=fields, files=files)


def test_a_flat_is_drawn_in_black_on_white(served: Served) -> None:
    import cv2
    import numpy as np

    view = View("1", "front", POLO, 320, 320)
    told = prompt_of(
        "sketches/generate",
        view_type="front",
        facts={"views": views_told([view])},
        brief=Brief(category="tops"),
    )
    data = picture_in(edit(served, f"{told.instructions}\n\n{told.data_text}", POLO))
    page = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert page is not None
    assert data.startswith(b"\x89PNG")
    assert (page == 255).mean() > 0.9
    assert 0.005 < (page == 0).mean() < 0.1
    assert (page[:20] == 255).all()


@pytest.mark.parametrize("form", ["a data line", "plain words"])
def test_a_photo_is_changed_by_a_sentence(served: Served, form: str) -> None:
    told = prompt_of("regenerate", view_type="front", facts={"wish": "brighter"})
    prompt = told.data_text if form == "a data line" else "brighter"
    assert picture_in(edit(served, prompt, POLO)).startswith(b"\xff\xd8")


def test_a_sample_is_drawn_from_words(served: Served) -> None:
    body = {"model": "studio-1", "prompt": "a red T-shirt"}
    answer = served.send("POST", "/v1/images/generations", json=body)
    assert picture_in(answer).startswith(b"\xff\xd8")


def test_a_change_that_the_studio_cannot_do_is_the_wishes_fault(served: Served) -> None:
    answer = edit(served, "add a dragon with seven heads", POLO)
    assert answer.status_code == 400
    error = error_of(answer)
    assert (error["type"], error["code"]) == ("image_generation_user_error", "edit_not_possible")
    assert "The local studio can" in error["message"]


@pytest.mark.parametrize(
    ("body", "status", "param", "code"),
    [
        ({"model": "gpt-9"}, 404, "model", "model_not_found"),
        ({"messages": []}, 400, "messages", None),
        ({"messages": "hello"}, 400, "messages", None),
        ({"messages": [1]}, 400, "messages", None),
        ({"messages": [{"role": "user"}], "max_tokens": 0}, 400, "max_tokens", None),
        ({"messages": [{"role": "user"}], "max_tokens": "x"}, 400, "max_tokens", None),
        (asking("category_v1", text="x" * 1_000_001), 400, "messages", "context_length_exceeded"),
        (asking("other_v1"), 400, "response_format", "unsupported_value"),
        (asking("category_v1"), 400, "messages", None),
        (asking("category_v1", "https://example.com/a.jpg"), 400, "messages", "invalid_image"),
        (asking("category_v1", "file:///etc/passwd"), 400, "messages", "invalid_image"),
        (asking("category_v1", "data:image/png;base64,%%%"), 400, "messages", "invalid_image"),
        (asking("category_v1", data_url(b"no image")), 400, "messages", "invalid_image"),
        (asking("category_v1", data_url(POLO[:900])), 400, "messages", "invalid_image"),
        (asking("category_v1", *[data_url(b"")] * 17), 400, "messages", None),
        ({**asking("category_v1", data_url(POLO)), "stream": True}, 400, "stream", None),
        (
            asking(
                "close_up_v1", data_url(POLO), text='<data>\n{"shot":{"box":{"left":7}}}\n</data>'
            ),
            400,
            "messages",
            None,
        ),
    ],
)
def test_a_wrong_chat_is_refused_and_says_where(
    served: Served, body: dict[str, Any], status: int, param: str, code: str | None
) -> None:
    answer = served.chat(body)
    assert answer.status_code == status, answer.text
    error = error_of(answer)
    assert (error["param"], error["code"]) == (param, code)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"nothing", b'{"a": NaN}', b"\xff\xfe", b"[" * 100_000, b"\x00" * 9],
)
def test_a_body_that_is_no_object_is_refused(served: Served, body: bytes) -> None:
    answer = served.send("POST", "/v1/chat/completions", content=body)
    assert (answer.status_code, error_of(answer)["code"]) == (400, "invalid_json")


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"prompt": " "}, "prompt"),
        ({"n": "2"}, "n"),
        ({"response_format": "url"}, "response_format"),
        ({"model": "dall-e"}, "model"),
    ],
)
def test_a_wrong_edit_is_refused_and_says_where(
    served: Served, fields: dict[str, str], param: str
) -> None:
    answer = edit(served, fields.pop("prompt", "brighter"), POLO, **fields)
    assert answer.status_code in (400, 404)
    assert error_of(answer)["param"] == param


def test_an_edit_without_a_picture_or_with_a_mask_is_refused(served: Served) -> None:
    fields = {"model": "studio-1", "prompt": "brighter"}
    answer = served.send("POST", "/v1/images/edits", data=fields, files={"mask": b"x"})
    assert (answer.status_code, error_of(answer)["param"]) == (400, "mask")
    answer = served.send("POST", "/v1/images/edits", content=b"x")
    assert (answer.status_code, error_of(answer)["code"]) == (400, "invalid_form")
    told = prompt_of("sketches/generate", view_type="front").data_text
    body = {"model": "studio-1", "prompt": told}
    answer = served.send("POST", "/v1/images/generations", json=body)
    assert (answer.status_code, error_of(answer)["param"]) == (400, "image")


def test_a_body_beyond_the_limit_is_refused_by_its_length(served: Served) -> None:
    headers = {"content-length": str(BODY_MOST + 1)}
    answer = served.send("POST", "/v1/chat/completions", content=b"{}", headers=headers)
    assert (answer.status_code, error_of(answer)["code"]) == (413, "request_too_large")


def test_a_body_beyond_the_limit_is_refused_while_it_is_read(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generation.model_server.app.BODY_MOST", 1024)

    async def pieces() -> Any:
        for _ in range(100):
            yield b"x" * 100

    answer = served.send("POST", "/v1/chat/completions", content=pieces())
    assert answer.status_code == 413


def test_where_all_seats_are_busy_one_is_asked_to_come_back(served: Served) -> None:
    served.works.is_full = True
    answer = served.chat(asking("category_v1", data_url(POLO)))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert error_of(answer)["code"] == "rate_limit_exceeded"


def test_a_key_is_asked_for_where_there_is_one() -> None:
    served = Served(key="open sesame")
    assert served.send("GET", "/healthz").status_code == 200
    assert served.send("GET", "/readyz").status_code == 200
    assert served.send("GET", "/metrics").status_code == 200
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "open sesame"}):
        answer = served.send("GET", "/v1/models", headers=headers)
        expected = 200 if headers == {"authorization": "open sesame"} else 401
        assert answer.status_code == expected
    right = {"authorization": "Bearer open sesame"}
    assert served.send("GET", "/v1/models", headers=right).json()["data"][0]["id"] == "studio-1"
    assert served.send("GET", "/v1/models/studio-1", headers=right).status_code == 200


def test_unknown_addresses_and_methods_are_refused(served: Served) -> None:
    assert served.send("GET", "/v1/nothing").status_code == 404
    assert served.send("GET", "/v1/chat/completions").status_code == 405
    assert served.send("POST", "/healthz").status_code == 405
    assert served.send("HEAD", "/healthz").status_code == 200


def test_it_says_when_it_is_not_ready(served: Served) -> None:
    served.works.is_ready = False
    assert served.send("GET", "/readyz").status_code == 503
    assert served.send("GET", "/healthz").status_code == 200


def test_requests_are_counted_by_address_and_status(served: Served) -> None:
    served.send("GET", "/v1/models")
    served.send("GET", "/etc/passwd")
    counted = served.send("GET", "/metrics").text
    assert 'model_server_requests_total{route="/v1/models",status="200"} 1.0' in counted
    assert 'model_server_requests_total{route="other",status="404"} 1.0' in counted
    assert "model_server_seats 1.0" in counted


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
contents = st.one_of(
    json_values,
    st.lists(
        st.fixed_dictionaries({}, optional={"text": json_values, "image_url": json_values}),
        max_size=3,
    ),
)
schema_forms = st.sampled_from(SCHEMAS).map(
    lambda name: {"type": "json_schema", "json_schema": {"name": name}}
)
bodies = st.fixed_dictionaries(
    {
        "model": st.sampled_from(["studio-1", "x"]),
        "messages": st.one_of(
            json_values,
            st.lists(st.fixed_dictionaries({"role": json_values, "content": contents}), max_size=3),
        ),
    },
    optional={
        "response_format": st.one_of(json_values, schema_forms),
        "stream": json_values,
        "stream_options": json_values,
        "max_tokens": json_values,
        "n": json_values,
        "stop": json_values,
    },
)


@settings(max_examples=150)
@given(body=bodies)
def test_whatever_a_chat_says_it_is_answered_or_refused(body: dict[str, Any]) -> None:
    answer = Served().send("POST", "/v1/chat/completions", content=json.dumps(body).encode())
    assert answer.status_code in (200, 400, 404), answer.text


facts_lines = st.dictionaries(
    st.sampled_from(["task", "viewType", "product", "views", "shot", "field", "wish", "seed"]),
    json_values,
    max_size=5,
).map(lambda facts: f"<data>\n{json.dumps(facts)}\n</data>")


@settings(max_examples=60)
@given(schema=st.sampled_from(SCHEMAS), text=facts_lines)
def test_whatever_a_data_line_says_it_is_answered_or_refused(schema: str, text: str) -> None:
    answer = Served().chat(asking(schema, text=text))
    assert answer.status_code in (200, 400), answer.text


@settings(max_examples=40)
@given(
    task=st.sampled_from(["make-sample", "make-final", "edit-view", "draw-flat", "dance"]),
    view_type=st.one_of(st.sampled_from(["front", "back", "side"]), st.text(max_size=9)),
    product=st.dictionaries(st.sampled_from(["words", "category", "subcategory"]), st.text()),
    wish=st.text(max_size=30),
    seed=st.integers(),
)
def test_whatever_a_sample_is_asked_to_be_it_is_drawn_or_refused(**facts: Any) -> None:
    facts["viewType"] = facts.pop("view_type")
    body = {"model": "studio-1", "prompt": f"<data>\n{json.dumps(facts)}\n</data>"}
    answer = Served().send("POST", "/v1/images/generations", json=body)
    assert answer.status_code in (200, 400), answer.text


@settings(max_examples=60)
@given(body=st.binary(max_size=400), kind=st.sampled_from(["multipart/form-data; boundary=a", "x"]))
def test_whatever_a_form_holds_it_is_refused(body: bytes, kind: str) -> None:
    headers = {"content-type": kind}
    answer = Served().send("POST", "/v1/images/edits", content=b"--a\r\n" + body, headers=headers)
    assert answer.status_code in (400, 404), answer.text
