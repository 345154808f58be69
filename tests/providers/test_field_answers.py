"""A field's new value, as a model read it out of a person's sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from generation.errors import Failure, ProviderError, RequestRefused
from generation.providers.answers import Context, answer_data
from tests.fakes.step_answers import good_answer
from tests.providers.steps_asked import field


def edited(value: Any, words: str = "make it 54 cm", **more: Any) -> dict[str, Any]:
    told = {"isAnswered": True, "value": value, "confidence": 0.9, "isLiteral": True}
    context = Context(wanted=field(words, **more))
    text = json.dumps({**told, "because": "as asked"})
    return answer_data("edit", text, context=context)


def test_a_fields_value_is_of_its_kind() -> None:
    assert edited(54)["value"] == 54
    assert edited("#AA0000", "as #aa0000", kind="colour")["value"] == "#aa0000"
    assert edited(" rib\n knit ", "rib knit", kind="text")["value"] == "rib knit"
    assert edited(-2, "2 less", kind="number")["value"] == -2


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("54", "length"),
        (-1, "length"),
        (0, "length"),
        (1e7, "length"),
        ("red", "colour"),
        ("#12345", "colour"),
        ("\u200b", "text"),
        (7, "text"),
        (1e12, "number"),
        (True, "number"),
    ],
)
def test_a_value_of_another_kind_is_complained_of(value: Any, kind: str) -> None:
    with pytest.raises(ProviderError) as caught:
        edited(value, kind=kind)
    assert caught.value.failure is Failure.MALFORMED_OUTPUT
    assert str(caught.value).startswith("value")


def test_a_sentence_that_says_no_value_is_refused_for_free() -> None:
    told = good_answer("edit", {"field": {"words": "hello", "kind": "length", "value": 52}}, [])
    with pytest.raises(RequestRefused) as caught:
        answer_data("edit", json.dumps(told), context=Context(wanted=field("hello")))
    assert "Chest width" in caught.value.words


def test_literal_is_only_what_the_persons_words_bear_out() -> None:
    assert edited(54)["isLiteral"] is True
    assert edited(54, "a little wider")["isLiteral"] is False
    assert edited("rib knit", "change it to RIB  knit", kind="text")["isLiteral"] is True
    assert edited("jersey", "something softer", kind="text")["isLiteral"] is False
    assert edited("#aa0000", "dark red", kind="colour")["isLiteral"] is False
