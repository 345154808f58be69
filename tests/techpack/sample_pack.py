"""A whole pack of a hoodie, as the database would fill it, with drawn pictures."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image, ImageDraw

from techpack.document.description import (
    BomRow,
    BomSheet,
    CloseUp,
    CloseUpsSheet,
    Colour,
    ColoursSheet,
    ConstructionRow,
    ConstructionSheet,
    Cover,
    Fact,
    FlatsSheet,
    FlatView,
    MeasuresSheet,
    Pack,
    Picture,
    PomRow,
    ScaleBar,
    Swatch,
    Value,
)
from techpack.trade import BomDefault, ConstructionDefault, PointOfMeasure, template_for

HERE = Path(__file__).resolve().parent
FOUND = {
    "A01": ("58.00", "±1.2"),
    "A02": ("55.40", "±1.2"),
    "A03": ("48.20", "±1.1"),
    "A04": ("71.00", ""),
    "A06": ("52.80", "±2.7"),
    "A11": ("26.10", "±1.4"),
    "A13": ("61.50", "±3.2"),
    "A15": ("22.40", "±1.2"),
    "A17": ("9.60", "±0.7"),
    "A18": ("18.90", "±1.0"),
    "A19": ("9.30", "±0.9"),
}
TYPED = {"A04"}


def read_picture(key: str) -> bytes:
    """A small photo-like picture; keys ending in ``missing`` do not exist."""
    if key.endswith("missing"):
        raise FileNotFoundError(key)
    image = Image.new("RGB", (640, 480 if "shot" in key else 640), "#dfdcd6")
    pen = ImageDraw.Draw(image)
    pen.rectangle((180, 90, 460, 420), fill="#24374f")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def flat(name: str) -> str:
    """The hoodie's drawing: ``front`` or ``back``."""
    return (HERE / f"hoodie-{name}.svg").read_text(encoding="utf-8")


def _span(pair: tuple[object, object] | None) -> str:
    if pair is None:
        return ""
    return f"{pair[0]}" if pair[0] == pair[1] else f"{pair[0]}–{pair[1]}"


def _standard(thing: object) -> Value:
    return Value("" if thing is None else str(thing), "standard")


def pom_row(row: PointOfMeasure) -> PomRow:
    """A template's row with what the photo gave."""
    text, uncertainty = FOUND.get(row.code, ("", ""))
    typed = row.code in TYPED
    value = Value(text, "user" if typed else "measured", None, uncertainty) if text else Value()
    return PomRow(
        code=row.code,
        name=row.name,
        how=row.how,
        criticality=row.criticality,
        value=value,
        tolerance_plus=_standard(row.tolerance),
        tolerance_minus=_standard(row.tolerance),
        grade=_standard(row.grade),
        unit=row.unit,
        status="measured" if text else "unknown",
    )


def bom_row(number: int, row: BomDefault) -> BomRow:
    """A template's material as a row."""
    return BomRow(
        code=f"M{number}",
        component=row.component,
        material=Value(row.material, "ai", 0.4) if number == 1 else _standard(row.material),
        supplier=Value("Fábrica Douro", "user") if number == 1 else Value(),
        supplier_code=Value("FD-FL320", "user") if number == 1 else Value(),
        placement=_standard(row.placement),
        quantity=_standard(row.quantity),
        uom=row.uom,
        wastage=_standard(row.wastage_percent),
    )


def construction_row(number: int, row: ConstructionDefault) -> ConstructionRow:
    """A template's construction as a row."""
    return ConstructionRow(
        callout=number,
        part=row.part,
        operation=_standard(row.operation),
        stitch=_standard(" + ".join(row.stitch)),
        seam=_standard(", ".join(row.seam)),
        spi=_standard(_span(row.spi)),
        allowance=_standard(_span(row.allowance_mm)),
        thread=_standard(row.thread),
    )


def _colours() -> tuple[Colour, ...]:
    told = (
        ("Harbour navy", "#24374f", "22.4  −1.6  −17.0", "54 30 0 69", "91 %", 0.93),
        ("Oat", "#d8ccb2", "82.3  0.4  14.5", "0 6 18 15", "5 %", 0.81),
        ("Brass", "#b08d57", "60.5  7.0  33.9", "0 20 51 31", "4 %", 0.55),
    )
    return tuple(
        Colour(Value(name, "ai", sure), hex_, lab, cmyk, share)
        for name, hex_, lab, cmyk, share, sure in told
    )


def _close_ups() -> tuple[CloseUp, ...]:
    names = (
        ("Neckline", "Crossed hood edge with topstitch and two eyelets", ("2", "3")),
        ("Left shoulder seam", "Seam laid to the back", ("4",)),
        ("Armhole", "Overlocked seam with cover stitch", ("5",)),
        ("Left cuff", "Folded rib, visible rib texture", ("8", "M12")),
        ("Hem", "Folded rib joined at the side", ("9",)),
        ("Pouch pocket", "Bartacks at both ends of the opening", ("7",)),
        ("Detail, centre front", "Drawcord ends", ("M14",)),
        ("Cloth", "Brushed or looped inside cannot be seen from here", ("M1",)),
    )
    return tuple(
        CloseUp(
            Picture(f"shot-{place}", f"Close-up: {name}"),
            name,
            Value(shows, "ai", 0.6),
            ScaleBar(0.25, "3 cm"),
            rows,
        )
        for place, (name, shows, rows) in enumerate(names)
    )


def hoodie_pack(**changes: object) -> Pack:
    """The pack; keyword arguments replace its fields."""
    template = template_for("tops", "hoodie")
    cover = Cover(
        facts=(
            Fact("Style no.", Value("HH-014", "user")),
            Fact("Season", Value("Autumn 2027", "user")),
            Fact("Category", Value("Tops, hoodie", "ai", 0.86)),
            Fact("Sizes", Value(" ".join(template.size_run), "standard")),
            Fact("Sample size", Value(template.sample_size, "standard")),
            Fact("Known length", Value("Body length 71.00 cm", "user")),
        ),
        photo=Picture("front", "Harbor Hoodie in navy, front"),
        swatches=(Swatch("Harbour navy", "#24374f"), Swatch("Oat", "#d8ccb2")),
        readiness=68,
    )
    views = (
        FlatView("front", "Front", flat("front")),
        FlatView("back", "Back", flat("back"), "Outline mirrored from the front: no back photo."),
        FlatView("side", "Side", flat("back"), "Schematic: no side photo."),
    )
    told: dict[str, object] = {
        "product": "Harbor Hoodie",
        "generated_at": datetime(2026, 11, 25, 16, 0, tzinfo=UTC),
        "style_no": "HH-014",
        "revision": "C",
        "drawn_by": "I. Marsh",
        "blockers": (
            "A50 Hood height has no value.",
            "M1 Main fabric: composition is not stated.",
        ),
        "cover": cover,
        "flats": FlatsSheet(views, "1:8"),
        "bom": BomSheet(tuple(bom_row(n, row) for n, row in enumerate(template.bom, 1))),
        "measures": MeasuresSheet(
            tuple(map(pom_row, template.points_of_measure)),
            template.sample_size,
            "body length 71.00 cm",
        ),
        "construction": ConstructionSheet(
            tuple(construction_row(n, row) for n, row in enumerate(template.construction, 1)),
            (
                Fact("Neck", Value("Hood, crossed at centre front", "ai", 0.72)),
                Fact("Pockets", Value("One pouch pocket", "ai", 0.8)),
            ),
        ),
        "colours": ColoursSheet(_colours()),
        "close_ups": CloseUpsSheet(_close_ups()),
    }
    return Pack(**(told | changes))  # type: ignore[arg-type]
