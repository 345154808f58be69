"""JSON with films in it: read without its long strings, or one of those alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any, Final
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.providers import skimming
from generation.providers.skimming import LONGEST, decoded, from_base64, number_of, skimmed

SHORT: Final = 48

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def cut(content: bytes, size: int) -> Iterator[bytes]:
    """The content in pieces of that size."""
    return (content[at : at + size] for at in range(0, len(content), size))


@given(values, st.integers(1, 9))
def test_what_has_no_long_strings_is_read_as_it_is(value: Any, size: int) -> None:
    assert skimmed(cut(json.dumps(value).encode(), size)) == value


@given(
    st.binary(min_size=SHORT, max_size=SHORT * 9),
    st.binary(max_size=SHORT // 2),
    st.integers(1, 200),
    st.sampled_from([b"/", b"\\/", b"\\u002f"]),
    st.sampled_from([b"=", b"\\u003d"]),
    st.booleans(),
)
def test_a_long_string_is_left_out_and_found_again_however_it_is_written(
    film: bytes, short: bytes, size: int, slash: bytes, equals: bytes, is_url_safe: bool
) -> None:
    encode = base64.urlsafe_b64encode if is_url_safe else base64.b64encode
    written = encode(film).replace(b"/", slash).replace(b"=", equals)
    head = json.dumps({"said": 'a "word" \\', "short": base64.b64encode(short).decode()})[:-1]
    content = head.encode() + b', "long": "%s", "film": "%s"}' % (b"s" * (SHORT + 1), written)

    with mock.patch.object(skimming, "LONGEST", SHORT):
        told = skimmed(cut(content, size))
        found = b"".join(decoded(cut(content, size), 1))

    assert told["said"] == 'a "word" \\'
    assert b"".join(from_base64([told["short"].encode()])) == short
    assert [number_of(told[name]) for name in ("short", "long", "film")] == [None, 0, 1]
    assert found == film


def test_a_string_as_long_as_is_kept_is_kept() -> None:
    kept, left_out = "k" * LONGEST, "k" * (LONGEST + 1)

    told = skimmed([json.dumps([kept, left_out]).encode()])

    assert told[0] == kept
    assert number_of(told[1]) == 0


@pytest.mark.parametrize("size", [1, 7, 5_000, 10**6])
def test_base64_without_its_padding_and_with_breaks_is_read(size: int) -> None:
    film = bytes(range(256)) * 200
    written = base64.encodebytes(film).rstrip(b"=\n").replace(b"\n", b"\\n")
    content = b'["%s"]' % written

    assert b"".join(decoded(cut(content, size), 0)) == film


@given(st.binary(max_size=300), st.integers(1, 50))
def test_whatever_comes_is_read_or_refused(content: bytes, size: int) -> None:
    try:
        told = skimmed(cut(content, size))
    except (ValueError, RecursionError):
        with pytest.raises((ValueError, RecursionError)):
            json.loads(content)
    else:
        assert json.dumps(told) == json.dumps(json.loads(content))


@given(st.text(min_size=SHORT + 1, max_size=SHORT * 3), st.integers(1, 90))
def test_a_long_string_of_whatever_is_decoded_or_refused(held: str, size: int) -> None:
    content = json.dumps([held]).encode()
    with mock.patch.object(skimming, "LONGEST", SHORT):
        try:
            found = b"".join(decoded(cut(content, size), 0))
        except ValueError:
            found = b""
    assert len(found) <= len(content)


def test_nesting_without_end_and_much_beside_the_strings_are_refused() -> None:
    with pytest.raises(RecursionError):
        skimmed([b"[" * 200_000])
    numbers = b"[" + b"1," * (skimming.MOST_KEPT // 2) + b"1]"
    with pytest.raises(ValueError, match="too much"):
        skimmed(cut(numbers, 65_536))


@pytest.mark.parametrize("text", ["", "0", "\0", "\0x", "\0-1", "x\x001", "\0²"])
def test_only_a_mark_is_a_mark(text: str) -> None:
    assert number_of(text) is None
