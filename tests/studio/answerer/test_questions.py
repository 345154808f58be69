"""Questions with the facts that their answers must say."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.studio.answerer.pack import HOODIE, MEASURE_COLUMNS, NO_PACK, answer, replied

# question → what the answer says, in any order; a leading "!" is what it must not say
ABOUT_MEASURES: list[tuple[str, list[str]]] = [
    ("What is the chest width?", ["A01", "58.4 cm", "measured ±0.8", "±1.0 cm", "sample size M"]),
    ("chest", ["A01", "58.4 cm"]),
    ("how wide is it pit to pit", ["A01", "58.4 cm"]),
    ("A13?", ["Sleeve length", "61.5 cm", "measured ±0.9"]),
    ("a13 please", ["61.5 cm"]),
    ("how long is the sleeve", ["A13", "61.5 cm", "!A17"]),
    ("sleeve", ["A13", "A14", "A17", "61.5", "9.4", "no value"]),
    ("How wide is the cuff opening?", ["A17", "9.4 cm"]),
    ("whats the slevee lenght", ["A13", "61.5 cm"]),
    ("What is the body length?", ["A04", "66.0", "typed by you", "A05", "no value"]),
    ("how long is it?", ["A04", "66.0 cm", "typed by you"]),
    ("hood height", ["A50", "no value", "I do not guess it", "It blocks the pack"]),
    ("shoulder width", ["A06", "52.0 cm", "estimate", "known length"]),
    ("how much does the garment weigh", ["A42", "480 g"]),
    ("I need the chest, hem and sleeve", ["A01", "A03", "A13", "58.4", "49.2", "61.5"]),
    ("chest width and body length", ["58.4", "66.0"]),
    ("All measurements", ["13 points", "9 with a value", "4 without", "A50 Hood height", "58.4"]),
    ("list the points of measure", ["58.4", "61.5", "49.2"]),
    ("mesurements", ["13 points"]),
    ("Which measurements are missing?", ["4 points", "A05", "A14", "A21", "A50", "!58.4"]),
    ("which points are only estimated?", ["A06", "52.0", "!A01"]),
    ("what did I type?", ["A04", "A22", "A42", "!A13"]),
    ("which are critical", ["A01", "A50", "!A22"]),
    ("which measurement is least sure?", ["A06", "8.3"]),
    ("how is the chest measured?", ["A01", "2.5 cm below the underarm point"]),
    ("Where do I measure the sleeve length?", ["Along the upper fold"]),
    ("what is the tolerance on the chest?", ["A01", "±1.0 cm", "58.4 cm", "from the template"]),
    ("tolerance of the sleeve opening", ["+0.5 −0.3 cm", "typed by you"]),
    ("tolerances", ["A01", "±1.0", "No tolerance: A22, A42"]),
    ("tolerance of the neckband height", ["A22", "has no tolerance"]),
    ("tolerance of the neck stretched", ["minimum"]),
    ("Would 62 cm pass for the sleeve length?", ["62 cm passes", "±1.0 cm", "61.5 cm"]),
    ("Is 63 cm ok for the sleeve length?", ["63 cm does not pass"]),
    ("Would 9.0 cm pass for the sleeve opening?", ["9.0 cm does not pass"]),
    ("How sure are you about the hem width?", ["A03", "±1.4 cm", "photo", "larger than the toler"]),
    ("where does the body length from HPS come from", ["A04", "typed by you"]),
    ("is the shoulder measured or estimated?", ["A06", "estimated", "no known length"]),
    ("Is the hem width correct?", ["49.2 cm", "Hem width, half is unusual"]),
    ("shoulder to shoulder", ["A06", "52.0"]),
    ("What's the width across the chest at the underarm?", ["A01", "58.4", "!A06"]),
    ("all measurements in inches", ["A01", "23", "A13", "24 3/16"]),
    ("are the sleeves longer than 60 cm?", ["1.5 cm more than 60 cm"]),
    ("what's the longest measurement", ["Largest first", "66.0"]),
    ("tolerance of the hood height", ["±0.8 cm from the template", "no value yet"]),
    ("what is the full chest circumference?", ["58.4 cm", "all the way round it is 116.8 cm"]),
    ("how wide are the shoulders", ["A06"]),
    ("how heavy is the garment", ["A42", "480 g"]),
    ("how long is the cape?", ["no point of measure", "“cape”", "A01 Chest width"]),
]
ABOUT_SIZES: list[tuple[str, list[str]]] = [
    ("chest in size L", ["60.9 cm", "58.4 cm in M", "2.5 cm per size"]),
    ("how wide is the chest in XS and XL?", ["53.4", "63.4", "!58.4"]),
    ("body length in XL", ["69.0 cm"]),
    ("what is the chest in size M?", ["58.4 cm", "sample size"]),
    ("pouch pocket width in size L", ["28.0 cm", "0.5 cm every 2 sizes"]),
    ("pouch pocket width in size XL", ["28.5 cm"]),
    ("grading of the sleeve length", ["59.5", "60.5", "61.5", "62.5", "63.5"]),
    ("which sizes are there?", ["5 sizes", "XS, S, M, L and XL", "Sample size: M"]),
    ("chest in size 3XL", ["no size 3XL", "XS, S, M, L and XL"]),
    ("hood height in size L", ["no value"]),
    ("neckband height in size L", ["2.0 cm", "the same in every size"]),
    ("chest in size L in inches", ["24 in", "size L"]),  # 60.9 cm
]
ABOUT_UNITS: list[tuple[str, list[str]]] = [
    ("sleeve length in inches", ["24 3/16 in", "24.21 in", "61.5 cm"]),
    ("What is the body length from HPS in mm?", ["660 mm", "66.0 cm"]),
    ("convert 71 cm to inches", ["27 15/16 in"]),
    ('what is 27 1/2" in cm', ["69.85 cm"]),
    ("3/8 inch in mm", ["9.53 mm"]),
    ("12 in in cm", ["30.48 cm"]),
    ("is the chest wider than the hem?", ["9.2 ±1.7 cm wider", "A01", "A03"]),
    ("difference between A04 and A13", ["4.5", "A04", "A13"]),
    ("sleeve vs body length", ["A13", "A04", "4.5 ±0.9 cm shorter"]),
    ("compare the chest with the hood height", ["A50 Hood height: no value"]),
    ("is the body length from HPS longer than 70 cm?", ["4.0 cm less than 70 cm"]),
    ("sum of chest and hem", ["107.6 cm"]),
    ("compare the chest", ["Name two points"]),
]
ABOUT_PARTS: list[tuple[str, list[str]]] = [
    ("What is the BOM?", ["6 rows", "Main fabric", "Eyelets", "0.6 kg", "Mill 4"]),
    (
        "what fabric is it made of?",
        ["Brushed fleece", "80 % cotton, 20 % polyester", "typed by you"],
    ),
    ("fibre content?", ["80 % cotton, 20 % polyester"]),
    ("how many eyelets do I need?", ["Eyelets", "quantity 2 pc"]),
    ("who supplies the main fabric?", ["Mill 4"]),
    ("who supplies the rib?", ["Rib", "No quantity or supplier yet"]),
    ("which thread?", ["Polyester, Tex 24-27"]),
    ("how much rib do I need?", ["**Rib**", "No quantity"]),
    ("wastage of the main fabric", ["wastage 8 %"]),
    ("is there a zip?", ["no row for zip", "Main fabric, Sewing thread"]),
    ("colours", ["pink", "#bc98a5", "94 %", "not a dye standard"]),
    ("what is the pantone code?", ["I never guess a Pantone code", "No standard is typed"]),
    ("how is the cuff sewn?", ["Cuff", "folded double", "stitch 514", "SSa", "Typed by you"]),
    ("seam allowance of the side seam", ["Side and sleeve seam", "7 mm", "!Neck seam"]),
    ("what stitch is used on the armhole", ["514 + 406"]),
    ("callout 2", ["Armhole"]),
    ("what is callout 9", ["no callout 9"]),
    ("construction", ["Neck seam", "Armhole", "Cuff"]),
    ("can I tumble dry it?", ["Tumble dry low", "confirm it by test"]),
    ("what labels are there?", ["Main label", "Inside back neck", "!Machine wash"]),
    ("country of origin?", ["no origin", "never invent"]),
    ("how is it packed?", ["Polybag", "does not say how it is folded"]),
    # 0.6 × 7.50 × 1.08 + 2 × 0.05 × 1.03
    ("what does it cost to make?", ["4.96", "4.86", "Labour", "Sewing thread"]),
    ("is it pink?", ["pink", "94 %"]),
    ("symmetry", ["symmetrical", "AI 95 %"]),
]
ABOUT_STANDING: list[tuple[str, list[str]]] = [
    ("Is it ready?", ["72 / 100", "a draft", "3 blockers", "No back photo", "2 warnings"]),
    ("what blocks this pack?", ["3 things", "A50", "No back photo", "out of date"]),
    ("why is it still a draft?", ["3 things", "A50"]),
    ("what is missing in the BOM?", ["Nothing of the bill of materials blocks"]),
    ("what's missing in the measurements?", ["1 thing blocks", "A50", "!back photo"]),
    ("which view is missing", ["back photo", "!A50"]),
    ("any warnings?", ["2 warnings", "Hem width, half is unusual", "No colour standard"]),
    (
        "what should I do next?",
        ["1. Type the missing critical points", "Run Close-ups", "3 credits"],
    ),
    ("is anything out of date?", ["sketches", "A photo was replaced since", "3 credits"]),
    ("which steps did I run?", ["Analysis", "Done, 3.00 charged", "Not run yet"]),
    ("close-ups", ["Neckline", "many lines"]),
    ("sketches?", ["2 sketches", "front and back", "4 construction rows"]),
    ("which photos are there?", ["1 photo: front", "back photo"]),
    ("tell me about this product", ["Blush Hoodie", "BH-014", "Autumn 2027", "72 / 100"]),
    ("what season is it?", ["Autumn 2027", "!BH-014"]),
    ("style number", ["BH-014"]),
    ("what is the known length", ["A04 66.0 cm"]),
]
ABOUT_MONEY: list[tuple[str, list[str]]] = [
    ("how much would the sketches cost?", ["3 credits", "about 10 s", "9.5 credits", "3 runs"]),
    ("price of close-ups and sketches", ["Close-ups", "Sketches", "!Edit"]),
    ("what does an analysis cost", ["3 credits", "0.6 credits for each photo beyond five"]),
    ("price list", ["Category", "Free", "Regenerate a view", "1 credit"]),
    ("how many credits do I have?", ["9.5 credits", "Free", "2027-01-27"]),
    ("can I afford the sketches?", ["9.5 credits", "enough for 3 runs"]),
    ("do I have enough credits for close-ups and sketches", ["Close-ups", "Sketches", "3 runs"]),
    ("is editing free?", ["Edit with a sentence", "1 credit"]),
    ("are failed steps charged?", ["A step that fails costs nothing"]),
    ("what plan am I on", ["Your plan is Free"]),
    ("what does Pro cost?", ["29 USD a month"]),
    ("how much are credits?", ["50 credits for 9 USD"]),
    ("what does a question cost", ["studio-1", "0.10", "0.40"]),
    ("how long does the analysis take?", ["about 8 s"]),
]
ABOUT_TERMS: list[tuple[str, list[str]]] = [
    ("What is HPS?", ["High point shoulder"]),
    ("HPS", ["High point shoulder"]),
    ("what does 514 mean?", ["Four-thread overlock", "In this pack: Neck seam, Armhole"]),
    ("What does SSa stand for", ["Plain superimposed seam"]),
    ("what's a lab dip", ["small dyeings"]),
    ("what is a flat-felled seam?", ["folded into one another"]),
    ("how much ease does it have?", ["than the body", "!credit"]),
    ("what does measured mean?", ["known length"]),
    ("what is grading", ["from size to size"]),
    ("explain AQL", ["sampling inspection"]),
    ("difference between 301 and 514?", ["Lockstitch", "Four-thread overlock"]),
    ("where is 406 used", ["Armhole"]),
]


@pytest.mark.parametrize(
    ("question", "facts"),
    [
        *ABOUT_MEASURES,
        *ABOUT_SIZES,
        *ABOUT_UNITS,
        *ABOUT_PARTS,
        *ABOUT_STANDING,
        *ABOUT_MONEY,
        *ABOUT_TERMS,
    ],
)
def test_the_answer_says_the_packs_facts(question: str, facts: list[str]) -> None:
    told = answer(question)
    for fact in facts:
        if fact.startswith("!"):
            assert fact[1:] not in told
        else:
            assert fact in told


@pytest.mark.parametrize(
    ("questions", "facts"),
    [
        (["How long is the sleeve?", "in inches?"], ["A13", "24 3/16 in"]),
        (["What is the chest width?", "and the sleeve?"], ["A13", "61.5"]),
        (["How long is the sleeve?", "and the tolerance?"], ["A13", "±1.0 cm"]),
        (["sleeve length", "and the tolerance?", "in size L?", "and XL?"], ["63.5 cm", "XL"]),
        (["chest in inches", "and the hem?"], ["A03", "in", "49.2 cm"]),
        (["chest in size L", "in inches?"], ["size L", "24 in"]),
        (["How long is the sleeve?", "how is it measured?"], ["Along the upper fold"]),
        (["sleeve length", "how sure is that?", "and the hem?"], ["A03", "±1.4 cm"]),
        (["compare chest and hem", "and sleeve and hem?"], ["A13", "A03", "12.3 ±1.7 cm larger"]),
        (["what blocks this pack?", "how do I fix that?"], ["1. Type the missing"]),
        (["Is it ready?", "why?"], ["1. Type the missing"]),
        (["what does 514 mean?", "and 301?"], ["Lockstitch"]),
        (["how is the cuff sewn?", "and the armhole?"], ["Set sleeve in flat"]),
        (["which thread?", "and the eyelets?"], ["Nickel free"]),
        (["what does the analysis cost?", "and the sketches?"], ["Sketches", "about 10 s"]),
        (["hello", "What is the chest width?"], ["58.4 cm"]),
    ],
)
def test_a_follow_up_leans_on_what_was_asked(questions: list[str], facts: list[str]) -> None:
    told = answer(*questions)
    for fact in facts:
        assert fact in told


def test_a_question_of_its_own_leans_on_nothing() -> None:
    assert answer("chest in inches", "What blocks this pack?") == answer("What blocks this pack?")
    assert answer("chest in size L", "What is the price list?") == answer("What is the price list?")


def test_several_questions_get_several_answers() -> None:
    told = answer("What blocks this pack, and what would the sketches cost?")
    assert "3 things block" in told
    assert "**Sketches**: 3 credits" in told
    told = answer("How long is the sleeve? What does 514 mean? Is it ready?")
    assert told.index("61.5 cm") < told.index("overlock") < told.index("72 / 100")


def test_figures_are_given_as_data_as_the_pack_shows_them() -> None:
    (figure,) = replied("How wide is the chest?").figures
    assert figure == {
        "code": "A01",
        "name": "Chest width, half",
        "value": "58.4",
        "unit": "cm",
        "source": "measured",
        "plusMinus": "0.8",
        "tolerance": "±1.0",
    }
    (missing,) = replied("hood height").figures
    assert missing["value"] is None
    assert {"name": "readiness", "value": 72} in replied("Is it ready?").figures


@pytest.mark.parametrize(
    ("question", "facts"),
    [
        ("Wie lang ist der Ärmel?", ["German", "A13", "61.5 cm"]),
        ("Was fehlt noch?", ["3 things block"]),
        ("Größe der Brustweite in XL", ["63.4"]),
        ("Toleranz der Ärmellänge", ["±1.0 cm"]),
        ("Was kostet die Skizze?", ["3 credits"]),
        ("Welche Farben hat es?", ["pink"]),
        ("胸围是多少？", ["Chinese", "A01", "58.4 cm"]),
        ("袖长", ["A13", "61.5 cm"]),
        ("下一步", ["1. Type the missing"]),
        ("这件衣服的面料是什么", ["Brushed fleece"]),
    ],
)
def test_usual_words_of_the_trade_are_known_in_german_and_chinese(
    question: str, facts: list[str]
) -> None:
    told = answer(question)
    for fact in facts:
        assert fact in told


@pytest.mark.parametrize(
    "question", ["Какая ширина груди?", "ما هو عرض الصدر؟", "胸に何がありますか"]
)
def test_other_languages_are_told_that_it_reads_english(question: str) -> None:
    told = answer(question)
    assert "English" in told
    assert "cannot answer" in told or "A01" in told


def test_without_a_pack_it_lists_the_products_and_says_how_to_ask() -> None:
    told = answer("Which products do I have?", known=NO_PACK)
    assert "2 products" in told
    assert "01a21d87-f9f6-726e-a3bb-cf2b995cdd88" in told
    assert "product_id" in answer("What is the chest width?", known=NO_PACK)
    assert "High point shoulder" in answer("What is HPS?", known=NO_PACK)
    assert "9.5 credits" in answer("my balance", known=NO_PACK)
    assert "27 15/16 in" in answer("71 cm in inches", known=NO_PACK)


def test_another_product_is_not_answered_from_this_pack() -> None:
    told = answer("What is the chest width of the Pier Polo?")
    assert "not that of Pier Polo" in told
    assert "58.4" not in told
    told = answer("Is the Galley Mug ready?", known=NO_PACK)
    assert "01a21d87-f9f6-726e-a3bb-cf2b995cdd88" in told


def test_words_that_were_passed_over_are_named() -> None:
    told = answer("What is the chest width for giraffes?")
    assert "“giraffe”" in told
    assert "58.4 cm" in told


@pytest.mark.parametrize(
    ("costs", "facts"),
    [
        (["€ 7,50", "0.05 €"], ["4.86", "0.10", "4.96"]),
        (["$ 7.50", "0.05 €"], ["different currencies", "!4.96"]),
        (["1,200", "0.05"], ["0.10", "Without Main fabric", "!4.86"]),
        (["about 7", "2 x 3"], ["4.54", "Without Sewing thread, Rib, Eyelets"]),  # 0.6 × 7 × 1.08
        (["n/a", ""], ["This pack has no costs"]),
    ],
)
def test_material_cost_is_added_up_only_where_it_can_be_read(
    costs: list[str], facts: list[str]
) -> None:
    known = copy.deepcopy(HOODIE)
    known["bom"]["rows"][0][7], known["bom"]["rows"][3][7] = costs
    told = answer("what does it cost to make?", known=known)
    for fact in facts:
        assert (fact[1:] not in told) if fact.startswith("!") else (fact in told)


def test_a_pack_in_inches_is_shown_and_converted_exactly() -> None:
    row = ["A04", "Body length from HPS", "28 3/8", "typed", "", "±3/8", "9/16", "critical",
           720_725, "From HPS."]  # fmt: skip
    known = {
        **HOODIE,
        "product": {**HOODIE["product"], "unit": "in"},
        "measures": {"columns": MEASURE_COLUMNS, "rows": [row]},
    }
    assert "28 3/8 in" in answer("body length", known=known)
    assert "72.07 cm" in answer("body length in cm", known=known)
    assert "28 15/16 in" in answer("body length in size L", known=known)
    assert "28 1/2 in passes" in answer("would 28 1/2 in pass for the body length", known=known)


def _without_scale(typed: str = "") -> dict[str, Any]:
    """The hoodie with estimates; ``typed`` is the code of the one point that was typed."""
    measures = HOODIE["measures"]
    at = MEASURE_COLUMNS.index("source")
    rows = [
        [*row[:at], ("typed" if row[0] == typed else "estimated"), *row[at + 1 :]]
        if row[2]
        else row
        for row in measures["rows"]
    ]
    product = {name: value for name, value in HOODIE["product"].items() if name != "known_length"}
    return {**HOODIE, "product": product, "measures": {**measures, "rows": rows}}


@pytest.mark.parametrize(
    "told",
    ["The body length is 71 cm", "body length from HPS is about 71 cm long", "A04 is 28 in"],
)
def test_a_length_that_is_told_is_not_taken_for_a_question_of_its_tolerance(told: str) -> None:
    said = answer(told, known=_without_scale())
    assert "I change nothing" in said
    assert "A04" in said
    assert "known length beside the photos" in said
    assert "tolerance" not in said
    after = answer(told, "How wide is the chest?", known=_without_scale())
    assert after == answer("How wide is the chest?", known=_without_scale())
    assert "known length" not in answer(told)


@pytest.mark.parametrize("asked", ["Is 71 cm fine for the body length?", "71 cm for A04, ok?"])
def test_whether_a_length_passes_is_still_a_question_of_its_tolerance(asked: str) -> None:
    assert "tolerance ±1.2 cm" in answer(asked)


def test_a_typed_length_is_named_as_what_estimates_could_be_measured_from() -> None:
    asked = "Which points are estimated?"
    assert "Give A04" in answer(asked, known=_without_scale("A04"))
    assert "which you typed" in answer("How wide is the chest?", known=_without_scale("A04"))
    assert "Give one known length," in answer(asked, known=_without_scale())
