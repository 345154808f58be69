"""Lengths read and written as the trade writes them, exact to the micrometre."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidRequest
from core.units import LONGEST_UM, UM_PER_UNIT, Length, format_length, in_unit, parse_length

units = st.sampled_from(["mm", "cm", "in"])
lengths = st.integers(0, LONGEST_UM)


@pytest.mark.parametrize(
    ("text", "unit", "um"),
    [
        ("71", "cm", 710_000),
        ("71", "mm", 71_000),
        ("71.5", "cm", 715_000),
        ("71,5 cm", "mm", 715_000),
        (" 715mm ", "cm", 715_000),
        ("27 1/2 in", "cm", 698_500),
        ('27.5"', "cm", 698_500),
        ("27½", "in", 698_500),
        ("27 ½ inches", "mm", 698_500),
        ("½", "in", 12_700),
        ("1/16 IN", "cm", 1_588),
        ("1 INCH", "cm", 25_400),
        ("27.125 in", "cm", 688_975),
        ("0,125", "cm", 1_250),
        (".5", "cm", 5_000),
        ("71.", "cm", 710_000),
        ("１２ ｃｍ", "mm", 120_000),
        ("0", "cm", 0),
        ("0.00004", "mm", 0),
        ("1234,5", "mm", 1_234_500),
    ],
)
def test_a_length_is_read(text: str, unit: str, um: int) -> None:
    assert parse_length(text, unit) == um


@pytest.mark.parametrize(
    "text",
    [
        "", "cm", "1.234,5", "1,234.5", "1,234", "12.345 mm", "1 234", "1.2.3", "-3", "+3", "3 m",
        "3 ft", "5'", "1/0 in", "1 3/2 in", "1/2 cm", "½", "1e3", "NaN", "inf", "٣", "3 cm 2", "=3",
        "9" * 60, "1/2/3 in", "1,234 in", "0x10", "10001 cm",
    ],
)  # fmt: skip
def test_what_is_unclear_is_refused_naming_the_field(text: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_length(text, "cm", field="rows.2.value")
    assert list(caught.value.fields) == ["rows.2.value"]


@pytest.mark.parametrize(
    ("um", "unit", "words"),
    [
        (710_000, "cm", "71.0 cm"),
        (712_500, "cm", "71.25 cm"),
        (712_549, "cm", "71.25 cm"),
        (712_550, "cm", "71.26 cm"),
        (715_000, "mm", "715 mm"),
        (12_500, "mm", "12.5 mm"),
        (350, "mm", "0.35 mm"),
        (698_500, "in", "27 1/2 in"),
        (1_588, "in", "1/16 in"),
        (25_399, "in", "1 in"),
        (0, "in", "0 in"),
        (0, "cm", "0.0 cm"),
        (-12_700, "in", "-1/2 in"),
        (-3, "cm", "0.0 cm"),
    ],
)
def test_a_length_is_written(um: int, unit: str, words: str) -> None:
    assert format_length(um, unit) == words
    assert format_length(um, unit, with_unit=False) == words.rpartition(" ")[0]


@given(lengths, units)
def test_what_is_written_reads_back_within_its_own_resolution(um: int, unit: str) -> None:
    step = {"mm": Fraction(10), "cm": Fraction(100), "in": Fraction(25_400, 16)}[unit]
    text = format_length(um, unit)
    if um > LONGEST_UM - 2_000:
        return
    again = parse_length(text.replace(" in", '"'), "mm")
    assert abs(again - um) <= step / 2 + 1
    assert format_length(again, unit) == text


@given(lengths, units)
def test_the_api_shape_reads_back_what_it_says(um: int, unit: str) -> None:
    um = min(um, LONGEST_UM - 2_000)
    shown = in_unit(um, unit)
    again = Length.from_api({"value": shown, "unit": unit})
    assert in_unit(again.um, unit) == shown
    assert abs(again.um - um) <= UM_PER_UNIT[unit] / 16


@given(lengths, units)
def test_a_number_and_a_text_say_the_same_length(um: int, unit: str) -> None:
    assert float(sum(map(Fraction, format_length(um, unit, with_unit=False).split()))) == in_unit(
        um, unit
    )


@given(st.text(max_size=30), units)
def test_any_text_is_a_length_or_a_refusal(text: str, unit: str) -> None:
    try:
        um = parse_length(text, unit)
    except InvalidRequest:
        return
    assert 0 <= um <= LONGEST_UM


@pytest.mark.parametrize(
    ("given_value", "path"),
    [
        ("71 cm", "length"),
        ({"value": 71}, "length.unit"),
        ({"value": 71, "unit": "ft"}, "length.unit"),
        ({"value": 71, "unit": ["cm"]}, "length.unit"),
        ({"value": None, "unit": "cm"}, "length.value"),
        ({"value": True, "unit": "cm"}, "length.value"),
        ({"value": -1, "unit": "cm"}, "length.value"),
        ({"value": float("nan"), "unit": "cm"}, "length.value"),
        ({"value": 10**400, "unit": "cm"}, "length.value"),
        ({"value": "1.234,5", "unit": "cm"}, "length.value"),
        ({"value": 1, "unit": "cm", "uncertainty": "x"}, "length.uncertainty"),
        ({"value": 1, "unit": "cm", "more": 1}, "length.more"),
    ],
)
def test_a_wrong_api_length_names_its_path(given_value: object, path: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Length.from_api(given_value)
    assert list(caught.value.fields) == [path]


def test_an_api_length_with_uncertainty() -> None:
    length = Length.from_api({"value": 71.5, "unit": "cm", "uncertainty": 0.4})
    assert length == Length(715_000, "cm", 4_000)
    assert in_unit(Length.from_api({"value": "27 1/2", "unit": "in"}).um, "in") == 27.5
