from __future__ import annotations

import io
import re
from datetime import UTC, datetime

import pymupdf
import pytest
from PIL import Image
from pypdf import PdfReader

from core.errors import NotFound
from techpack.document.assets import view_box
from techpack.document.description import (
    BomRow,
    BomSheet,
    CloseUp,
    CloseUpsSheet,
    Colour,
    ColoursSheet,
    FlatsSheet,
    FlatView,
    Pack,
    Picture,
    Source,
    Value,
    sources_of,
)
from techpack.document.pdf import render_pdf, set_text
from tests.techpack.sample_pack import flat, hoodie_pack, read_picture

HOSTILE = '#panic("x") $x^2$ @ref *bold* _under_ <tag> // comment /* c */ `raw` \\u{41} = head #[a]'


def rendered(pack: Pack) -> PdfReader:
    return PdfReader(io.BytesIO(render_pdf(pack, read=read_picture)))


def words(reader: PdfReader) -> str:
    text = " ".join(page.extract_text() for page in reader.pages)
    return re.sub(r"\s+", " ", text.replace("\u200b", ""))


def pages_of(data: bytes) -> list[pymupdf.Page]:
    document = pymupdf.open(stream=data)
    return [document[number] for number in range(len(document))]


def small_pack(**changes: object) -> Pack:
    """A pack with nothing but what is given: quick to set."""
    told: dict[str, object] = {
        "product": "Sample",
        "generated_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return Pack(**(told | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def printed() -> bytes:
    return render_pdf(hoodie_pack(), read=read_picture)


@pytest.fixture(scope="module")
def sample(printed: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(printed))


def test_a_normal_pack_has_at_least_six_pages(sample: PdfReader) -> None:
    assert len(sample.pages) >= 6


def test_every_page_is_a4_landscape(sample: PdfReader) -> None:
    for page in sample.pages:
        width, height = float(page.mediabox.width), float(page.mediabox.height)
        assert width == pytest.approx(841.89, abs=0.1)
        assert height == pytest.approx(595.28, abs=0.1)


def test_all_sheets_are_there_in_order(sample: PdfReader) -> None:
    text = words(sample)
    headings = ("Cover", "Flats", "Bill of materials", "Points of measure", "Construction")
    places = [text.index(f"Harbor Hoodie, {heading.lower()}") for heading in headings]
    assert places == sorted(places)
    assert "Harbor Hoodie, colours" in text
    assert "Harbor Hoodie, close-ups" in text


def test_the_values_are_real_text(sample: PdfReader) -> None:
    text = words(sample)
    for wanted in (
        "HH-014-04",
        "Chest width, half",
        "58.00",
        "±1.2",
        "+1.0",
        "−1.0",
        "Straight across from side edge to side edge",
        "514 + 406",
        "#24374f",
        "Fábrica Douro",
        "AI 93 %",
        "Before release: 2 points open",
    ):
        assert wanted in text


def test_pages_are_numbered_out_of_all(sample: PdfReader) -> None:
    total = len(sample.pages)
    for number, page in enumerate(sample.pages, start=1):
        assert f"{number} / {total}" in re.sub(r"\s+", " ", page.extract_text())


def test_the_document_has_a_title_and_a_date(sample: PdfReader) -> None:
    assert sample.metadata is not None
    assert sample.metadata.title == "Harbor Hoodie, tech pack, revision C"
    assert sample.metadata.author == "I. Marsh"
    assert sample.metadata.creation_date == datetime(2026, 11, 25, 16, 0, tzinfo=UTC)


def test_all_fonts_are_embedded(printed: bytes) -> None:
    document = pymupdf.open(stream=printed)
    fonts = {font for page in pages_of(printed) for font in page.get_fonts(full=True)}
    names = {font[3] for font in fonts}
    assert any("Archivo" in name for name in names)
    assert any("IBMPlexMono" in name for name in names)
    for font in fonts:
        assert document.extract_font(font[0])[3], font[3]


def test_no_type_is_smaller_than_seven_points() -> None:
    data = render_pdf(hoodie_pack(flats=FlatsSheet()), read=read_picture)
    sizes = {
        round(span["size"], 2)
        for page in pages_of(data)
        for block in page.get_text("dict")["blocks"]
        for line in block.get("lines", ())
        for span in line["spans"]
        if span["text"].strip()
    }
    assert min(sizes) >= 7


def test_a_draft_is_stamped_on_every_page(sample: PdfReader) -> None:
    assert all("DRAFT" in page.extract_text() for page in sample.pages)


def test_a_released_pack_has_no_stamp_and_no_blockers() -> None:
    text = words(rendered(small_pack(draft=False, blockers=("Something",))))
    assert "DRAFT" not in text
    assert "Before release" not in text
    assert "Released" in text


def test_the_same_pack_gives_the_same_bytes(printed: bytes) -> None:
    assert render_pdf(hoodie_pack(), read=read_picture) == printed


def test_only_the_date_depends_on_the_date(sample: PdfReader) -> None:
    later = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
    after = rendered(hoodie_pack(generated_at=later))
    assert words(sample) == words(after)
    assert after.metadata is not None
    assert after.metadata.creation_date == later


def test_what_people_type_is_never_read_as_markup() -> None:
    bom = BomSheet((BomRow("M1", HOSTILE, Value(HOSTILE, "user")),), note=HOSTILE)
    pack = small_pack(product=HOSTILE, drawn_by="*I*", blockers=(HOSTILE,), bom=bom)
    reader = rendered(pack)
    assert words(reader).count(HOSTILE) >= 4
    assert reader.metadata is not None
    assert HOSTILE in (reader.metadata.title or "")


def test_german_and_chinese_can_be_read_back() -> None:
    bom = BomSheet((BomRow("M1", "Ärmelbündchen, weiß", Value("连帽衫主要面料", "user")),))
    text = words(rendered(small_pack(product="Größenprobe Übergröße", bom=bom)))
    assert "Größenprobe Übergröße" in text
    assert "Ärmelbündchen, weiß" in text
    assert "连帽衫主要面料" in text


def test_two_hundred_rows_repeat_the_heads_and_lose_nothing() -> None:
    rows = tuple(BomRow(f"M{n}", f"Component {n} of many") for n in range(1, 201))
    reader = rendered(small_pack(bom=BomSheet(rows)))
    pages = [text for page in reader.pages if "of many" in (text := page.extract_text())]
    assert len(pages) > 5
    assert all("Component and material" in re.sub(r"\s+", " ", text) for text in pages)
    text = words(reader)
    assert all(f"Component {n} of many" in text for n in range(1, 201))


def test_very_long_names_stay_inside_the_frame() -> None:
    name = "Unaufhörlich" * 30
    bom = BomSheet((BomRow("M1", name, Value("W" * 400), supplier=Value("X" * 90)),))
    pack = small_pack(product=name, drawn_by=name, style_no=name, bom=bom)
    pages = pages_of(render_pdf(pack, read=read_picture))
    frame = pymupdf.Rect(14, 14, pages[0].rect.width - 14, pages[0].rect.height - 14)
    for page in pages:
        for block in page.get_text("blocks"):
            assert pymupdf.Rect(block[:4]) in frame


def test_a_text_longer_than_a_page_goes_on_on_the_next() -> None:
    bom = BomSheet((BomRow("M1", "Shell", note="word " * 3000 + "the end"),))
    assert "the end" in words(rendered(small_pack(bom=bom)))


def test_a_pack_with_nothing_in_it_still_prints() -> None:
    text = words(rendered(small_pack()))
    assert "No drawings yet." in text
    assert "No points of measure yet." in text


def test_a_missing_or_broken_picture_does_not_withhold_the_pack() -> None:
    shots = (
        CloseUp(Picture("missing", "gone"), "Gone"),
        CloseUp(Picture("forgotten", "no such key"), "Forgotten"),
        CloseUp(Picture("broken", "broken"), "Broken"),
        CloseUp(None, "Not taken"),
    )
    views = (
        FlatView("front", "Front", "<svg"),
        FlatView("back", "Back", "<!DOCTYPE svg [<!ENTITY a 'b'>]>" + flat("back")),
    )
    pack = hoodie_pack(close_ups=CloseUpsSheet(shots), flats=FlatsSheet(views))

    def read(key: str) -> bytes:
        if key == "forgotten":
            raise NotFound("no such file")
        return b"not a picture" if key == "broken" else read_picture(key)

    data = render_pdf(pack, read=read)
    text = words(PdfReader(io.BytesIO(data)))
    assert text.count("Picture not available") == 4
    assert text.count("Drawing not available") == 2


def test_transparent_pictures_lie_on_white() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(buffer, "PNG")
    shots = CloseUpsSheet((CloseUp(Picture("clear", "clear"), "Clear"),))
    pack = small_pack(close_ups=shots)
    document = pymupdf.open(stream=render_pdf(pack, read=lambda _: buffer.getvalue()))
    image = document.extract_image(document[-1].get_images()[0][0])
    assert Image.open(io.BytesIO(image["image"])).convert("RGB").getpixel((20, 20)) == (
        255,
        255,
        255,
    )


def test_drawings_stay_vectors(sample: PdfReader) -> None:
    flats = sample.pages[1]
    assert not flats.images
    assert "9" in flats.extract_text()


def test_drawings_that_would_shrink_below_legibility_get_pages_of_their_own() -> None:
    def drawing(width: int) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 1200">'
            '<text x="40" y="200" font-family="IBM Plex Mono" font-size="27">A04</text></svg>'
        )

    def printed(width: int) -> list[pymupdf.Page]:
        views = tuple(FlatView(name, name, drawing(width)) for name in ("front", "back", "side"))
        return pages_of(render_pdf(small_pack(flats=FlatsSheet(views)), read=read_picture))

    narrow, wide = printed(500), printed(1300)
    assert len(wide) > len(narrow)
    sizes = [
        span["size"]
        for page in wide
        for block in page.get_text("dict")["blocks"]
        for line in block.get("lines", ())
        for span in line["spans"]
        if span["text"] == "A04"
    ]
    assert len(sizes) == 3
    assert min(sizes) >= 7


def test_the_sheet_captions_a_drawing_not_the_drawing_itself() -> None:
    svg = flat("back").replace("</svg>", '<text class="caption" x="9" y="9">twice</text></svg>')
    views = (FlatView("back", "Back", svg, "Mirrored from the front"),)
    text = words(rendered(small_pack(flats=FlatsSheet(views))))
    assert "Mirrored from the front" in text
    assert "twice" not in text


def test_a_colour_that_is_not_a_hex_is_named_only() -> None:
    sheet = ColoursSheet((Colour(Value("Sand", "user"), "rgb(1,2,3)"),))
    text = words(rendered(small_pack(colours=sheet)))
    assert "Sand" in text
    assert "No hex" in text


def test_a_row_with_one_source_names_it_once() -> None:
    same = {"a": Value("1", "standard"), "b": Value("2", "standard"), "c": Value()}
    assert sources_of(same) == (Source("", "standard", "standard"),)


def test_a_row_with_several_sources_names_what_each_gave() -> None:
    mixed = {
        "material": Value("fleece", "ai", 0.4),
        "quantity": Value("0.6", "standard"),
        "wastage": Value("8", "standard"),
    }
    assert sources_of(mixed) == (
        Source("material", "AI 40 %", "ai"),
        Source("quantity, wastage", "standard", "standard"),
    )


def test_sheets_are_numbered_and_titled() -> None:
    sheets = hoodie_pack().sheets
    assert [sheet.title_block.sheet for sheet in sheets] == list(range(1, 8))
    assert {sheet.title_block.of for sheet in sheets} == {7}
    assert sheets[2].title_block.drawing_no == "HH-014-03"
    assert sheets[1].title_block.scale == "1:8"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a\x00b\x1b\ud800c", "abc"),
        ("one\ttwo", "one two"),
        ("short words stay", "short words stay"),
        ("x" * 25, "x" * 11 + "\u200b" + "x" * 11 + "\u200b" + "xxx"),
    ],
)
def test_text_is_made_fit_for_setting(given: str, expected: str) -> None:
    assert set_text(given) == expected


@pytest.mark.parametrize(
    ("svg", "expected"),
    [
        ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 1e3"/>', (300.0, 1000.0)),
        ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0,0,4.5,9"/>', (4.5, 9.0)),
        ('<svg xmlns="http://www.w3.org/2000/svg"/>', None),
        ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 0 9"/>', None),
        ("<html/>", None),
        ("", None),
    ],
)
def test_a_drawing_needs_a_view_box(svg: str, expected: tuple[float, float] | None) -> None:
    assert view_box(svg) == expected
