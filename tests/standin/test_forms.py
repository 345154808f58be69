"""Forms: whatever the library writes is read as it was meant, and nonsense is refused."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stripe._encode import _api_encode

from billing.standin.world import Refused, World, respond
from billing.standin.world.forms import parse
from tests.standin.conftest import FOR_SALE

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
names = st.text(st.characters(categories=["L", "N", "P"], exclude_characters="[]"), min_size=1)
trees: Any = st.dictionaries(
    names,
    st.recursive(
        texts,
        lambda inner: (
            st.lists(inner, min_size=1, max_size=3)
            | st.dictionaries(names, inner, min_size=1, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=4,
)


def encoded(params: Any) -> str:
    return "&".join(
        f"{quote_plus(key)}={quote_plus(str(value))}" for key, value in _api_encode(params)
    )


def as_tree(value: Any) -> Any:
    """Lists as the parser shows them: by their places."""
    if isinstance(value, list):
        return {str(place): as_tree(member) for place, member in enumerate(value)}
    if isinstance(value, dict):
        return {key: as_tree(member) for key, member in value.items()}
    return value


@settings(max_examples=50)
@given(trees)
def test_what_the_library_writes_is_what_is_read(params: Any) -> None:
    assert parse(encoded(params)) == as_tree(params)


@given(st.lists(texts, min_size=1, max_size=5))
def test_brackets_without_a_place_are_the_next(values: list[str]) -> None:
    form = "&".join(f"expand[]={quote_plus(value)}" for value in values)
    assert parse(form) == {"expand": as_tree(values)}


@given(st.text(max_size=80))
def test_anything_is_read_or_refused(form: str) -> None:
    refused = 0
    try:
        parse(form)
    except Refused as refusal:
        refused = refusal.status
    assert refused in (0, 400)


@pytest.mark.parametrize(
    "form",
    [
        "a=1&a=2",
        "a=1&a[b]=2",
        "a[b]=2&a=1",
        "a[b[c]]=1",
        "a]=1",
        "[a]=1",
        "a[b=1",
        "a[b]c=1",
        "=1",
        "a=%00",
        "a=%ff",
        "%ff=a",
        "a" + "[b]" * 9 + "=1",
        "&".join(f"a{place}=1" for place in range(2_001)),
    ],
)
def test_what_has_no_meaning_is_refused(form: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse(form)
    assert refusal.value.status == 400


@pytest.fixture(scope="module")
def quiet_world(tmp_path_factory: pytest.TempPathFactory) -> Any:
    world = World(tmp_path_factory.mktemp("world") / "world.sqlite3")
    world.seed(FOR_SALE)
    yield world
    world.close()


PATHS = (
    "/v1/customers",
    "/v1/checkout/sessions",
    "/v1/subscriptions",
    "/v1/billing_portal/sessions",
)
WORDS = (
    "mode",
    "line_items[0][price]",
    "customer",
    "items[0]",
    "flow_data[type]",
    "expand[]",
    "email",
)
VALUES = ("subscription", "price_pro_month", "cus_1", "", "-1", "true", "a" * 6_000, "é", "%00")


@settings(max_examples=50)
@given(
    path=st.sampled_from(PATHS),
    pairs=st.lists(st.tuples(st.sampled_from(WORDS) | texts, st.sampled_from(VALUES)), max_size=5),
    raw=st.binary(max_size=30),
)
def test_no_body_brings_the_api_down(
    quiet_world: World, path: str, pairs: list[tuple[str, str]], raw: bytes
) -> None:
    body = "&".join(f"{quote_plus(key)}={value}" for key, value in pairs).encode() + raw
    headers = {"Authorization": f"Bearer {quiet_world.secret_key}"}
    answer = respond(quiet_world, method="POST", path=path, headers=headers, body=body)
    assert answer.status in (200, 400, 402, 404)
