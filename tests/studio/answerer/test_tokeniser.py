"""Any text in tokens and back, counted the same however it is cut between words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.providers.studio.answerer import tokeniser
from generation.providers.studio.answerer.tokeniser import (
    CHUNK,
    count_request,
    count_text,
    decode,
    encode,
    pieces,
)
from tests.studio.answerer.pack import HOODIE

ANY = st.text(st.characters(codec=None), max_size=200)
SENTENCE = "The sleeve length is 61.5 cm ±0.9, measured along the upper fold."


@given(ANY)
def test_what_was_encoded_comes_back(text: str) -> None:
    assert decode(encode(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n",
        "\r\n\t",
        "   x",
        "a_b__c",
        "\ud800 lone",
        "胸围 58.4",
        "👩‍👩‍👧 e\u0301",
        "\x00\x7f",
        "½ ² Ⅷ",
    ],
)
def test_odd_texts_come_back(text: str) -> None:
    assert decode(encode(text)) == text


@given(ANY)
def test_counting_is_encoding_and_stays_the_same(text: str) -> None:
    assert count_text(text) == len(encode(text)) == count_text(text)
    assert count_text(text) <= len(text.encode("utf-8", "surrogatepass"))


@given(ANY, st.data())
def test_counts_add_up_where_a_text_is_cut_between_chunks(text: str, data: st.DataObject) -> None:
    chunks = CHUNK.findall(text)
    at = data.draw(st.integers(0, len(chunks)))
    start, end = "".join(chunks[:at]), "".join(chunks[at:])
    assert start + end == text
    assert count_text(start) + count_text(end) == count_text(text)


@given(ANY, ANY)
def test_a_joint_changes_the_count_by_no_more_than_the_two_chunks_at_it(
    one: str, other: str
) -> None:
    most = sum(
        len(chunk.encode("utf-8", "surrogatepass"))
        for chunk in (CHUNK.findall(one)[-1:] + CHUNK.findall(other)[:1])
    )
    assert abs(count_text(one + other) - count_text(one) - count_text(other)) <= most


@given(ANY, st.integers(1, 9))
def test_pieces_are_the_text_and_their_count_so_far_is_exact(text: str, each: int) -> None:
    told = list(pieces(text, tokens_each=each))
    assert "".join(told) == text
    sent = ""
    for piece in told:
        sent += piece
        assert encode(sent) == encode(text)[: count_text(sent)]


@given(ANY, st.integers(0, 50))
def test_a_cut_inside_a_character_leaves_whole_characters(text: str, most: int) -> None:
    assert text.startswith(decode(encode(text)[:most]))


def test_a_number_that_is_no_token_is_refused() -> None:
    with pytest.raises(IndexError):
        decode([10**6])


def test_the_vocabulary_is_small_and_every_token_is_there_once() -> None:
    lines = tokeniser.VOCABULARY.read_text(encoding="ascii").splitlines()
    assert tokeniser.VOCABULARY.stat().st_size <= 60_000
    assert len(set(lines)) == len(lines) > 3_000
    for line in lines:
        token = tokeniser.read(line)
        assert len(token) > 1
        assert tokeniser.written(token) == line


def test_the_trades_words_are_few_tokens() -> None:
    assert len(encode(" sleeve")) == 1
    assert len(encode(" tolerance")) == 1
    assert len(SENTENCE) / count_text(SENTENCE) > 2.5


def test_it_is_fast_on_plain_and_on_awkward_text() -> None:
    plain = (SENTENCE + "\n") * 4_000
    awkward = "".join(chr(0x4E00 + at * 7 % 20_000) for at in range(90_000))
    for text in (plain, awkward):
        kilobytes = len(text.encode()) / 1000
        started = time.process_time()
        count_text(text)
        assert kilobytes / (time.process_time() - started) >= 200


def test_a_request_counts_everything_that_was_given() -> None:
    asked = [{"role": "user", "content": SENTENCE}]
    alone = count_request(asked)
    assert alone == count_text(SENTENCE) + tokeniser.PER_MESSAGE + tokeniser.TO_ANSWER
    known = count_request(asked, knowledge=HOODIE)
    assert known > alone + 1_000
    tools = [{"type": "function", "function": {"name": "look_up"}}]
    assert count_request(asked, tools=tools) > alone
    assert count_request([*asked, {"role": "assistant", "content": "Yes."}]) > alone
    parts = [
        {"type": "text", "text": SENTENCE},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 10_000}},
    ]
    assert count_request([{"role": "user", "content": parts}]) == alone
    calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    assert count_request([{"role": "assistant", "content": None, "tool_calls": calls}]) > 10
