from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from techpack.trade import (
    CATEGORIES,
    ConstructionDefault,
    PointOfMeasure,
    Template,
    graded_um,
    iso_2768,
    names,
    stitches,
    subcategories,
    template,
    template_for,
    to_um,
    tolerance_of,
)
from techpack.trade.loader import DATA

ALL = [
    template_for(category, word)
    for category in CATEGORIES
    for word in ("", *subcategories(category))
]
CASES = [pytest.param(one, id=f"{one.id}-{one.variant or 'base'}") for one in ALL]

# What the studio can find on a photo, by the family of the product.
SEEN = {
    "top": "A01 A02 A03 A04 A06 A11 A13 A15 A17 A18 A19",
    "dress": "C10 C12 C14 C15 C16 A06 A13 A17 A18 A19",
    "trousers": "B01 B05 B06 B08 B09 B10 B11 B12",
    "skirt": "B01 B05 C01 C02",
    "footwear": "F04 F08 F06",
    "bag": "G01 G02 G04",
    "object": "Z01W Z01H",
}
# Sleeveless, knee-less and shaft variants lack these on purpose.
LACKING = {
    "tank": {"A11", "A13", "A15", "A17"},
    "shorts": {"B09"},
    "boot": {"F08"},
}


def row(**changes: object) -> PointOfMeasure:
    told: dict[str, object] = {
        "code": "A01",
        "name": "Chest",
        "how": "From edge to edge.",
        "criticality": "critical",
        "tolerance": "1.0",
        "grade": "2.5",
        "range": ["42", "64"],
    }
    return PointOfMeasure.model_validate(told | changes)


@pytest.mark.parametrize("one", CASES)
def test_every_template_loads_with_all_its_parts(one: Template) -> None:
    assert one.points_of_measure
    assert one.bom
    assert one.construction
    assert one.vocabulary
    assert one.sections[0] == "cover"
    assert one.size_run or one.family in ("bag", "object")


@pytest.mark.parametrize("one", CASES)
def test_a_critical_row_says_from_where_to_where_it_is_measured(one: Template) -> None:
    for line in one.points_of_measure:
        assert len(line.how.split()) >= 5, line.code
        assert line.how[0].isupper(), line.code
        assert line.how.endswith("."), line.code


@pytest.mark.parametrize("one", CASES)
def test_every_stitch_and_seam_is_a_known_one(one: Template) -> None:
    book = stitches()
    for line in one.construction:
        assert set(line.stitch) <= set(book.stitches), line.id
        assert set(line.seam) <= set(book.seams), line.id


@pytest.mark.parametrize("one", CASES)
def test_spans_run_upwards(one: Template) -> None:
    for line in one.construction:
        for span in (line.spi, line.allowance_mm):
            assert span is None or span[0] <= span[1], line.id
    for part in one.bom:
        assert part.wastage is None or 0 < part.wastage[0] <= part.wastage[1] <= 30, part.id
        if part.quantity is not None and part.quantity_range is not None:
            low, high = part.quantity_range
            assert low <= part.quantity, part.id
            assert high is None or part.quantity <= high, part.id


@pytest.mark.parametrize("one", CASES)
def test_what_the_studio_measures_has_a_row(one: Template) -> None:
    wanted = set(SEEN[one.family].split()) - LACKING.get(one.variant, set())
    assert wanted <= set(one.by_code)


@pytest.mark.parametrize("one", CASES)
def test_the_girths_keep_their_tolerance_under_half_a_grade_step(one: Template) -> None:
    girths = {"A01", "A02", "A03", "B01", "B04", "B05", "B08", "C10", "C11", "C12", "C14"}
    for line in one.points_of_measure:
        if line.code in girths and line.tolerance is not None and line.grade:
            assert line.tolerance * 2 <= line.grade, line.code


def test_there_is_a_template_for_each_choice() -> None:
    assert [name for name, _ in names()] == list(CATEGORIES)
    assert all(label for _, label in names())


@pytest.mark.parametrize(
    ("category", "words", "variant"),
    [
        ("tops", "T-Shirt", ""),
        ("tops", "tees", ""),
        ("tops", "grey zip-hoodie", "hoodie"),
        ("tops", "hoodies", "hoodie"),
        ("tops", "crew sweatshirt", "sweatshirt"),
        ("tops", "polo shirt", "polo"),
        ("tops", "dress shirt", "shirt"),
        ("tops", "tank_top", "tank"),
        ("tops", "something new", ""),
        ("outerwear", "double-breasted blazer", "blazer"),
        ("outerwear", "denim jacket", ""),
        ("trousers", "blue jeans", "jeans"),
        ("dresses-and-skirts", "skirt", "skirt"),
        ("footwear", "Chelsea boots", "boot"),
        ("bags", "backpack", "backpack"),
        ("other", "mug", ""),
    ],
)
def test_free_words_find_their_variant(category: str, words: str, variant: str) -> None:
    assert template_for(category, words).variant == variant


def test_an_unknown_category_gets_the_generic_template() -> None:
    assert template_for("spaceships", "shuttle").id == "other"
    with pytest.raises(KeyError):
        template("spaceships")


def test_a_variant_overrides_adds_and_drops() -> None:
    shirt, hoodie = template("tops"), template("tops", "hoodie")
    assert shirt.by_code["A01"].limits == ((Decimal(42), Decimal(64)),)
    assert hoodie.by_code["A01"].limits == ((Decimal(50), Decimal(68)),)
    assert hoodie.by_code["A01"].how == shirt.by_code["A01"].how
    assert "A50" in hoodie.by_code
    assert "A24" not in hoodie.by_code


def test_a_variant_may_be_like_another() -> None:
    sweatshirt = template("tops", "sweatshirt")
    assert sweatshirt.by_code["A01"].limits == ((Decimal(50), Decimal(68)),)
    assert "A50" not in sweatshirt.by_code


def test_the_range_of_a_banded_row_has_gaps() -> None:
    sleeve = template("tops").by_code["A13"]
    assert sleeve.accepts(Decimal(20))
    assert not sleeve.accepts(Decimal(33))
    assert sleeve.accepts(Decimal(60))


def test_a_minimum_row_has_no_upper_limit_and_no_tolerance() -> None:
    neck = template("tops").by_code["A21"]
    assert neck.accepts(Decimal(90))
    assert not neck.accepts(Decimal(59))
    assert tolerance_of(neck, nominal_um=600_000, unit="cm") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "chest"},
        {"how": ""},
        {"tolerance": None},
        {"minimum": True},
        {"range": None},
        {"range": [64, 42]},
        {"bands": {"short": [1, 2]}},
        {"criticality": "major"},
        {"colour": "red"},
    ],
)
def test_a_faulty_row_does_not_load(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        row(**changes)


def test_a_construction_row_must_be_sewn_or_processed() -> None:
    half = {"id": "hem", "part": "Hem", "at": "hem", "operation": "Turn", "stitch": ["406"]}
    with pytest.raises(ValidationError, match="neither a whole seam nor a process"):
        ConstructionDefault.model_validate(half)


def test_a_template_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        template("tops").name = "Bottoms"


def test_the_stitch_book_has_threads_and_classes() -> None:
    book = stitches()
    assert book.stitches["514"].threads == 4
    assert book.stitches["301"].not_for
    assert book.seams["LSc"].iso_class == 2


def test_no_data_file_is_left_out() -> None:
    assert {path.stem for path in Path(DATA).glob("*.yaml")} == {*CATEGORIES, "stitches"}


@pytest.mark.parametrize(
    ("nominal", "iso_class", "expected"),
    [
        ("0.5", "m", "0.1"),
        ("3", "m", "0.1"),
        ("3.01", "m", "0.1"),
        ("6", "c", "0.3"),
        ("30", "m", "0.2"),
        ("30.1", "m", "0.3"),
        ("120", "m", "0.3"),
        ("400", "f", "0.2"),
        ("1000", "v", "4"),
        ("4000", "m", "2"),
    ],
)
def test_iso_2768_is_read_off_the_table(nominal: str, iso_class: str, expected: str) -> None:
    assert iso_2768(Decimal(nominal), iso_class) == Decimal(expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("nominal", "iso_class"), [("0.49", "m"), ("4000.1", "m"), ("2", "v"), ("3000", "f")]
)
def test_iso_2768_leaves_some_sizes_open(nominal: str, iso_class: str) -> None:
    assert iso_2768(Decimal(nominal), iso_class) is None  # type: ignore[arg-type]


SIZES = st.decimals(min_value=Decimal("0.5"), max_value=2000, places=2)


@given(SIZES, SIZES)
def test_a_larger_size_never_gets_a_finer_tolerance(one: Decimal, other: Decimal) -> None:
    small, large = sorted((one, other))
    fine, coarse = iso_2768(small), iso_2768(large)
    assert fine is not None
    assert coarse is not None
    assert fine <= coarse


@given(SIZES)
def test_a_coarser_class_never_gives_a_finer_tolerance(size: Decimal) -> None:
    figures = [figure for kind in ("f", "m", "c") if (figure := iso_2768(size, kind))]
    assert figures == sorted(figures)


@given(st.integers(min_value=500, max_value=2_000_000))
def test_an_iso_row_takes_its_tolerance_from_the_value(nominal_um: int) -> None:
    figure = iso_2768(Decimal(nominal_um) / 1000)
    found = tolerance_of(
        row(code="Z01W", tolerance=None, iso_2768=True), nominal_um=nominal_um, unit="mm"
    )
    assert figure is not None
    assert found is not None
    assert found.plus == found.minus == to_um(figure, "mm")


@given(st.integers(min_value=1, max_value=10_000_000), st.integers(min_value=1, max_value=20))
def test_a_percent_row_scales_with_the_value(nominal_um: int, percent: int) -> None:
    found = tolerance_of(
        row(tolerance=None, tolerance_percent=percent), nominal_um=nominal_um, unit="cm"
    )
    assert found is not None
    assert abs(found.plus * 100 - nominal_um * percent) <= 50


def test_tolerances_may_differ_by_side() -> None:
    found = tolerance_of(row(tolerance_minus="0.5"), nominal_um=580_000, unit="cm")
    assert found is not None
    assert (found.plus, found.minus) == (10_000, 5_000)


GRADED = st.sampled_from([line for one in ALL for line in one.points_of_measure if line.grade])


@given(GRADED, st.integers(min_value=-6, max_value=6))
def test_grading_is_even_around_the_base_and_monotonic(line: PointOfMeasure, steps: int) -> None:
    base = 500_000
    here, next_up, mirrored = (
        graded_um(line, base_um=base, steps=count, unit="cm")
        for count in (steps, steps + 1, -steps)
    )
    assert here - base == base - mirrored
    assert next_up >= here


def test_a_pocket_grows_every_second_size() -> None:
    pocket = template("tops", "hoodie").by_code["A53T"]
    grown = [graded_um(pocket, base_um=260_000, steps=n, unit="cm") for n in range(-2, 3)]
    assert grown == [255_000, 260_000, 260_000, 260_000, 265_000]
