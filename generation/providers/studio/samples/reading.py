"""A description as a design: what it names, what it leaves to the seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from generation.providers.protocols import Brief
from generation.providers.studio import category
from generation.providers.studio.edits.phrases import Token, read
from generation.providers.studio.samples.design import CHOICES, KINDS, SEEDS, Design, usual

TURNS = frozenset({"with", "mit", "for", "fur", "featuring", "und", "and"})
USUAL_COLOURS = (
    "#33415c", "#8a8c90", "#1f2a4a", "#a9bb9b", "#c9b79c", "#404246", "#6d1f33", "#2e5d4b",
)  # fmt: skip
BY_CATEGORY: Mapping[str, str] = {
    "tops": "tee", "outerwear": "jacket", "trousers": "trousers", "dresses-and-skirts": "dress",
    "footwear": "sneaker", "bags": "handbag",
}  # fmt: skip
BY_SUBCATEGORY: Mapping[str, str] = {
    "t-shirt": "tee", "long-sleeve top": "tee", "polo shirt": "polo", "tank top": "tank",
    "blouse": "shirt", "shoe": "sneaker", "tote bag": "tote", "bag": "handbag", "hat": "sun hat",
    "top": "tee",
}  # fmt: skip
OWN_COLOUR: Mapping[str, tuple[str, ...]] = {
    "jeans": ("#35506f", "#2b3d57", "#5b7796"),
    "chair": ("#b07b4a", "#7d5230", "#c9a06a"),
    "table": ("#b07b4a", "#8a5c36", "#c9a06a"),
    "stool": ("#b07b4a", "#7d5230", "#c9a06a"),
    "loafer": ("#6a4326", "#3f281c", "#1b1b1d"),
    "belt": ("#6a4326", "#3f281c", "#1b1b1d"),
    "wallet": ("#6a4326", "#3f281c", "#8a5a33"),
    "box": ("#c49a6c", "#b98c5c", "#d8c3a0"),
    "sun hat": ("#d9bf8c", "#e3cfa4", "#c9a86a"),
    "candle": ("#e9e4d8", "#8a8c90", "#404246"),
    "lamp": ("#efe8d8", "#dccbb0", "#8a8c90"),
    "tote": ("#e6dcc6", "#404246", "#a9bb9b"),
}
LIGHT_SECOND = "#f1efe9"
BLUE = "#2558b8"  # of a cloth; jeans that are called blue are denim


def design_of(words: str, brief: Brief, seed: int) -> Design | None:
    """The design that words and brief name; None where they name nothing that can be drawn."""
    small = (seed * 2654435761 + (seed >> 16) * 40503) % SEEDS
    tokens = read(words, "samples/words")
    kind = _kind(tokens) or _kind(read(brief.words, "samples/words")) or _from_brief(brief, words)
    if kind is None:
        return None
    knobs = usual(kind, small)
    said = _said(tokens) or _said(read(brief.words, "samples/words"))
    knobs.update({knob: value for knob, value in said.items() if _fits(kind, knob, value)})
    if kind == "tee" and "long" in knobs.values() and said.get("sleeve") == "long":
        knobs["length"] = said.get("length", "regular")
    main, second = _colours(kind, tokens, brief, small)
    return Design(kind, knobs, main, second, small, said=tuple(said.values()))


def _kind(tokens: Sequence[Token]) -> str | None:
    """The last kind named before "with" and the like: "shirt dress" is a dress."""
    found = None
    for token in tokens:
        if token.name.startswith("kind="):
            found = token.name.removeprefix("kind=")
        if found and (token.text in TURNS or token.name == "break"):
            break
    return found


def _from_brief(brief: Brief, words: str) -> str | None:
    """What other languages' words and the product's category say."""
    named = category.named(f"{words}\n{brief.words}")
    name, sub = named[0] if named else (brief.category, brief.subcategory)
    for candidate in (BY_SUBCATEGORY.get(sub), sub, BY_CATEGORY.get(name)):
        if candidate in KINDS:
            return candidate
    return None


def _said(tokens: Sequence[Token]) -> dict[str, str]:
    """Knobs that the words set; a kind's own phrase may set one too ("turtleneck")."""
    found: dict[str, str] = {}
    for token in tokens:
        knob, _, value = token.name.partition("=")
        if knob in CHOICES:
            found[knob] = value
        found.update(ALSO.get(token.text, {}))
    return found


ALSO: Mapping[str, dict[str, str]] = {
    "turtleneck": {"neck": "turtle"},
    "roll neck": {"neck": "turtle"},
    "rollkragenpullover": {"neck": "turtle"},
    "longsleeve": {"sleeve": "long"},
    "long sleeve": {"sleeve": "long"},
    "长袖": {"sleeve": "long"},
    "短袖": {"sleeve": "short"},
    "crewneck": {"neck": "crew"},
    "minirock": {"length": "mini"},
    "midirock": {"length": "midi"},
    "maxirock": {"length": "maxi"},
    "faltenrock": {"flare": "pleated"},
    "bleistiftrock": {"flare": "pencil"},
    "短裙": {"length": "mini"},
    "长裙": {"length": "maxi"},
    "cargos": {"pocket": "flap"},
    "cargo pants": {"pocket": "flap"},
    "shirt dress": {"neck": "shirt", "closure": "buttons"},
    "parka": {"neck": "hood", "closure": "zip", "length": "long", "pocket": "flap"},
    "bomber": {"pocket": "welt"},
}
TOP_KINDS = frozenset({
    "tee", "tank", "shirt", "polo", "sweatshirt", "hoodie", "sweater", "cardigan", "jacket",
    "puffer", "coat", "blazer", "vest", "dress",
})  # fmt: skip


def _fits(kind: str, knob: str, value: str) -> bool:
    """Whether a kind has that knob."""
    if knob == "pocket" and value == "flap" and kind in ("trousers", "shorts", "joggers"):
        return True
    if knob in ("sleeve", "neck", "closure", "pocket"):
        fixed = kind in ("tank", "hoodie", "polo") and knob in ("neck", "pocket")
        return kind in TOP_KINDS and not fixed
    if knob == "length" and kind in TOP_KINDS - {"dress"}:
        return value in ("cropped", "long", "regular", "coat")
    if knob == "fit" and kind in TOP_KINDS:
        return value in ("slim", "regular", "oversized")
    return True


def _colours(kind: str, tokens: Sequence[Token], brief: Brief, seed: int) -> tuple[str, str]:
    said = _hexes(tokens) or _hexes(read(brief.words, "samples/words"))
    own = OWN_COLOUR.get(kind, USUAL_COLOURS)
    main = said[0] if said else own[seed % len(own)]
    if kind == "jeans" and main == BLUE:
        main = own[seed % len(own)]
    return main, said[1] if len(said) > 1 else LIGHT_SECOND


def _hexes(tokens: Sequence[Token]) -> list[str]:
    """The colours that are named; raw materials have one too."""
    found = [t.hex or t.name.removeprefix("colour=") for t in tokens if t.name.startswith("colour")]
    return list(dict.fromkeys(found))
