"""A pack as the assistant is told it: a hoodie half-way to the factory."""

from __future__ import annotations

from typing import Any

from generation.providers.protocols import ChatRequest
from generation.providers.studio.answerer.reply import reply_to
from generation.providers.studio.answerer.writing import Reply

SIZES = ["XS", "S", "M", "L", "XL"]
MEASURE_COLUMNS = [
    "code", "name", "value", "source", "plus_minus", "tolerance", "grade", "importance", "um",
    "how",
]  # fmt: skip


def point(
    code: str,
    name: str,
    value: str = "",
    source: str = "",
    plus_minus: str = "",
    tolerance: str = "±1.0",
    grade: str = "2.5",
    importance: str = "critical",
    how: str = "Straight across.",
) -> list[Any]:
    """A row of measures in cm."""
    um = round(float(value) * 10_000) if value.replace(".", "", 1).isdigit() else None
    return [code, name, value, source, plus_minus, tolerance, grade, importance, um, how]


HOODIE: dict[str, Any] = {
    "product": {
        "id": "01a21d7e-0856-7263-ac5c-386c43ef5023",
        "name": "Blush Hoodie",
        "category": "Tops",
        "subcategory": "hoodie",
        "style_no": "BH-014",
        "season": "Autumn 2027",
        "sizes": SIZES,
        "sample_size": "M",
        "unit": "cm",
        "photos": ["front"],
        "known_length": "A04 66.0 cm",
        "status": "draft",
    },
    "measures": {
        "columns": MEASURE_COLUMNS,
        "rows": [
            point("A01", "Chest width, half", "58.4", "measured", "0.8",
                  how="From side edge to side edge, 2.5 cm below the underarm point."),
            point("A03", "Hem width, half", "49.2", "measured", "1.4"),
            point("A04", "Body length from HPS", "66.0", "typed", tolerance="±1.2", grade="1.5",
                  how="From HPS straight down to the hem edge."),
            point("A05", "Body length at centre back", grade="1.5", importance="secondary"),
            point("A06", "Across shoulder", "52.0", "estimated", "8.3", "±0.8", "1.0"),
            point("A13", "Sleeve length", "61.5", "measured", "0.9", "±1.0", "1.0",
                  how="Along the upper fold from the shoulder point to the sleeve edge."),
            point("A14", "Sleeve length from centre back", grade="1.8"),
            point("A17", "Sleeve opening, half", "9.4", "measured", "0.6", "+0.5 −0.3 typed", "0.4",
                  "secondary"),
            point("A21", "Neck stretched, full", tolerance="minimum", grade="1.0"),
            point("A22", "Neckband height", "2.0", "typed", tolerance="", grade="0.0",
                  importance="detail"),
            point("A50", "Hood height", tolerance="±0.8", grade="0.5"),
            point("A53T", "Pouch pocket width at top", "28.0", "measured", "0.7", "±0.6",
                  "0.5 every 2 sizes", "secondary"),
            ["A42", "Garment weight", "480 g", "typed", "", "", "", "secondary", None,
             "Whole piece, conditioned, from the scale."],
        ],
    },
    "bom": {
        "columns": ["component", "material", "composition", "placement", "quantity", "uom",
                    "wastage", "unitCost", "supplier", "typed"],
        "rows": [
            ["Main fabric", "Brushed fleece, 320 g/m²", "80 % cotton, 20 % polyester",
             "Body, sleeves, hood", "0.6", "kg", "8", "7.50", "Mill 4", "composition unitCost"],
            ["Sewing thread", "Polyester, Tex 24-27", "", "All seams", "", "m", "15", "", "", ""],
            ["Rib", "2x2 rib", "", "Cuffs, hem", "", "kg", "8", "", "", ""],
            ["Eyelets", "Nickel free", "", "Hood front edge", "2", "pc", "3", "0.05", "",
             "unitCost"],
            ["Main label", "Woven", "", "Inside back neck", "1", "pc", "3", "", "", ""],
            ["Polybag", "Recycled LDPE", "", "Packing", "1", "pc", "2", "", "", ""],
        ],
    },
    "colours": {
        "columns": ["name", "hex", "share", "standard", "source"],
        "rows": [["pink", "#bc98a5", "94 %", "", "AI 94 %"],
                 ["off-white", "#c7c7d4", "6 %", "", "AI 64 %"]],
    },
    "construction": {
        "columns": ["part", "operation", "stitch", "seam", "spi", "allowance_mm", "thread", "note",
                    "callout", "typed"],
        "rows": [
            ["Neck seam", "Set hood, tape at the back neck", "514 + 301", "SSa / LSd", "10-12",
             "6-7", "Tex 24-27", "", 1, ""],
            ["Armhole", "Set sleeve in flat", "514 + 406", "SSa / LSq", "10-12", "6-7", "Tex 24-27",
             "seen in the photo", 2, ""],
            ["Cuff", "2x2 rib, folded double", "514", "SSa", "10-12", "6-7", "Tex 24-27", "", 3,
             "operation"],
            ["Side and sleeve seam", "Close in one run", "514", "SSa", "10-12", "7", "Tex 24-27",
             "", 4, ""],
        ],
    },
    "seen": {"columns": ["what", "value", "source"],
             "rows": [["Symmetry", "symmetrical", "AI 95 %"]]},
    "care": {"wash": "Machine wash at 40 °C", "bleach": "Do not bleach",
             "dry": "Tumble dry low or line dry", "iron": "Iron at up to 150 °C",
             "professional": "Dry clean, process P"},
    "close_ups": [["Neckline", "Pink; many lines, mostly upright."]],
    "sketches": ["front", "back"],
    "readiness": {
        "score": 72,
        "columns": ["words", "hint", "section", "code"],
        "blockers": [
            ["1 critical point has no value", "A50", "pointsOfMeasure", "POM_MISSING"],
            ["No back photo", "The back is only a schematic until you add one.", "views",
             "VIEW_MISSING"],
            ["The sketches are out of date. A photo was replaced or its outline corrected since.",
             "", "steps", "STALE_OUTPUT"],
        ],
        "warnings": [
            ["Hem width, half is unusual", "Check the line on the photo.", "pointsOfMeasure",
             "POM_IMPLAUSIBLE"],
            ["No colour standard", "Type a standard's code, or “per approved swatch”.", "colors",
             "COLOUR_STANDARD"],
        ],
        "clear": ["Category: Tops"],
    },
    "stale": [{"output": "sketches/generate", "because": "A photo was replaced since.",
               "credits": 3.0}],
    "steps": [
        ["Category", "Done", "Tops, hoodie", "free"],
        ["Analysis", "Done, 3.00 charged", "1 of 1 views, 5 values to check.", "3 credits"],
        ["Close-ups", "Not run yet", "Six to ten details, each explained.", "3 credits"],
        ["Sketches", "Done, out of date", "2 flats.", "3 credits"],
    ],
    "terms": {"514": "Four-thread overlock, stitch type of ISO 4915. Threads: 4.",
              "301": "Lockstitch, stitch type of ISO 4915. Threads: 2.",
              "SSa": "Plain superimposed seam, seam class 1 of ISO 4916."},
    "account": {"plan": "Free", "available": "9.5", "held": "0", "debt": "0",
                "operations_included": False, "monthly_credits": "18",
                "next_month_at": "2027-01-27"},
    "prices": {
        "columns": ["step", "price", "what", "seconds"],
        "rows": [
            ["Category", "Free", "Names the product and picks the template", 3],
            ["Base-view analysis", "3 credits", "Up to 5 photos", 8],
            ["Close-ups", "3 credits", "6 to 10 detail shots", 8],
            ["Sketches", "3 credits", "Front, back and side as vectors", 10],
            ["Edit with a sentence", "1 credit", "One field, in your words", None],
            ["Regenerate a view", "1 credit", "One view again", None],
        ],
    },
    "extra_view": "0.6 credits for each photo beyond five, eight at most",
    "top_ups": ["50 credits for 9 USD"],
    "plans": ["Free: free, 18 credits, steps from credits",
              "Pro: 29 USD a month, 200 credits, tech-pack steps included"],
    "models": {"columns": ["model", "usd_per_million_in", "usd_per_million_out"],
               "rows": [["studio-1", "0.10", "0.40"]]},
    "products": {"columns": ["name"], "rows": [["Pier Polo"], ["Galley Mug"]], "more": []},
}  # fmt: skip

NO_PACK: dict[str, Any] = {
    **{name: HOODIE[name] for name in ("account", "prices", "extra_view", "plans", "models")},
    "products": {
        "columns": ["name", "style_no", "category", "id"],
        "rows": [["Blush Hoodie", "BH-014", "Tops", "01a21d7e-0856-7263-ac5c-386c43ef5023"],
                 ["Galley Mug", "GM-021", "Any other product",
                  "01a21d87-f9f6-726e-a3bb-cf2b995cdd88"]],
        "more": [],
    },
}  # fmt: skip

EMPTY: dict[str, Any] = {
    **NO_PACK,
    "product": {"id": "01a21d7e-0856-7263-ac5c-386c43ef5023", "name": "Idea", "unit": "cm",
                "status": "draft"},
    "measures": {"columns": MEASURE_COLUMNS, "rows": []},
    "readiness": {"score": 3, "columns": ["words", "hint", "section", "code"],
                  "blockers": [["The category is not named yet",
                                "It chooses the points of measure.", "steps", "NO_CATEGORY"]],
                  "warnings": [], "clear": []},
    "stale": [],
}  # fmt: skip


def replied(*questions: str, known: dict[str, Any] | None = None) -> Reply:
    """The answer to the last of a user's questions."""
    said = [{"role": "user", "content": text} for text in questions]
    return reply_to(said, HOODIE if known is None else known)


def answer(*questions: str, known: dict[str, Any] | None = None) -> str:
    """The text of the answer to the last of a user's questions."""
    return replied(*questions, known=known).text


def request(
    text: Any = "How long is the sleeve?", *, max_tokens: int = 500, **options: Any
) -> ChatRequest:
    """One question about the hoodie."""
    return ChatRequest("studio-1", [{"role": "user", "content": text}], max_tokens, options, HOODIE)
