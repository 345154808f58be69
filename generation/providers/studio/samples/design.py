"""A template's parameters: read from words, varied by a seed, small enough for a stamp."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from generation.providers.studio.samples.scene import Surface

# Knobs and what each can be. The order is part of the stamp: append, never reorder.
CHOICES: Mapping[str, Sequence[str]] = {
    "fit": ("regular", "slim", "oversized", "wide", "relaxed"),
    "length": ("regular", "cropped", "long", "coat", "mini", "knee", "midi", "maxi"),
    "sleeve": ("short", "none", "cap", "half", "long"),
    "neck": ("crew", "v", "scoop", "boat", "polo", "shirt", "turtle", "hood", "stand", "lapel"),
    "closure": ("none", "buttons", "placket", "zip", "half zip"),
    "pocket": ("none", "kangaroo", "chest", "welt", "flap", "patch"),
    "pattern": ("plain", "stripes"),
    "flare": ("straight", "pencil", "a-line", "flared", "pleated"),
    "style": ("a", "b", "c", "d"),
}
KINDS: Sequence[str] = (
    "tee", "tank", "shirt", "polo", "sweatshirt", "hoodie", "sweater", "cardigan", "jacket",
    "puffer", "coat", "blazer", "vest", "jeans", "trousers", "shorts", "joggers", "leggings",
    "dress", "skirt", "sneaker", "boot", "loafer", "sandal", "pump", "tote", "backpack", "handbag",
    "duffel", "pouch", "cap", "beanie", "bucket hat", "sun hat", "mug", "bottle", "vase", "candle",
    "bowl", "box", "chair", "table", "stool", "lamp", "cushion", "towel", "socks", "belt", "scarf",
    "wallet", "object",
)  # fmt: skip
SEEDS = 1 << 16


@dataclass(frozen=True)
class Design:
    """A kind, what is set of it, two colours, and the seed of everything left open."""

    kind: str
    knobs: Mapping[str, str]
    main: str  # #rrggbb
    second: str
    seed: int  # below SEEDS
    said: tuple[str, ...] = field(default=(), compare=False)  # what the words decided

    def word(self, knob: str) -> str:
        """What a knob is set to."""
        return self.knobs.get(knob, CHOICES[knob][0])

    def vary(self, name: str, low: float, high: float) -> float:
        """A number of this design's own between two bounds; the same each time."""
        digest = blake2b(f"{self.seed}:{name}".encode(), digest_size=4).digest()
        return low + (high - low) * int.from_bytes(digest, "big") / 0xFFFFFFFF

    def pick(self, name: str, options: Sequence[str]) -> str:
        """One of a few, by the seed."""
        return options[int(self.vary(name, 0, len(options) - 1e-6))]

    @property
    def surface(self) -> Surface:
        """What the main cloth looks like."""
        known: Mapping[str, Surface] = {
            "sweater": "knit", "cardigan": "knit", "beanie": "knit", "jeans": "denim",
            "puffer": "quilt", "scarf": "knit", "towel": "terry", "vest": "quilt",
        }  # fmt: skip
        return known.get(self.kind, "plain")

    @property
    def has_ribs(self) -> bool:
        """Whether hem and cuffs are ribbed."""
        return self.kind in ("sweatshirt", "hoodie", "sweater", "cardigan")

    @property
    def drape(self) -> float:
        """How softly the cloth falls."""
        stiff = {"jacket": 0.7, "coat": 0.6, "blazer": 0.5, "jeans": 0.8, "puffer": 0.5,
                 "vest": 0.5, "shirt": 1.1, "dress": 1.2, "leggings": 0.3}  # fmt: skip
        return stiff.get(self.kind, 1.0)

    @property
    def gloss(self) -> float:
        """How much it shines."""
        return 0.25 if self.kind in ("puffer", "vest") else 0.0

    @property
    def striped(self) -> bool:
        """Whether the second colour is in stripes."""
        return self.word("pattern") == "stripes"

    @property
    def pitch(self) -> float:
        """Distance of quilting seams, cm; 0 where there are none."""
        return self.vary("pitch", 5.5, 9.0) if self.surface == "quilt" else 0.0


def usual(kind: str, seed: int) -> dict[str, str]:
    """The knobs of a kind where the words leave them open; some by the seed."""
    chosen = random.Random(f"{kind}:{seed}")

    def one_of(*options: str) -> str:
        return options[chosen.randrange(len(options))]

    tops = {"fit": one_of("regular", "regular", "slim", "oversized"), "sleeve": "short"}
    long = {**tops, "sleeve": "long"}
    trim = {"fit": one_of("regular", "slim", "regular"), "sleeve": "long"}
    table: Mapping[str, dict[str, str]] = {
        "tee": {**tops, "neck": one_of("crew", "crew", "crew", "v", "scoop")},
        "tank": {**tops, "sleeve": "none", "neck": one_of("scoop", "v", "scoop")},
        "shirt": {**trim, "neck": "shirt", "closure": "buttons",
                  "pocket": one_of("chest", "none", "chest")},
        "polo": {**tops, "neck": "polo", "closure": "placket"},
        "sweatshirt": {**long, "neck": "crew"},
        "hoodie": {**long, "neck": "hood", "pocket": "kangaroo"},
        "sweater": {**long, "neck": one_of("crew", "crew", "turtle", "v")},
        "cardigan": {**long, "neck": "v", "closure": "buttons"},
        "jacket": {**trim, "neck": "stand", "closure": "zip",
                   "pocket": one_of("welt", "flap", "welt")},
        "puffer": {**trim, "neck": "stand", "closure": "zip", "pocket": one_of("welt", "none")},
        "coat": {**trim, "neck": "lapel", "closure": "buttons", "length": "coat",
                 "pocket": one_of("flap", "welt")},
        "blazer": {**trim, "neck": "lapel", "closure": "buttons", "pocket": "flap"},
        "vest": {**trim, "sleeve": "none", "neck": "stand", "closure": "zip", "pocket": "welt"},
        "dress": {"fit": "regular", "sleeve": one_of("none", "short", "none", "long"),
                  "neck": one_of("crew", "v", "scoop"), "length": one_of("knee", "midi", "mini"),
                  "flare": one_of("a-line", "flared", "straight")},
        "skirt": {"length": one_of("knee", "midi", "mini"),
                  "flare": one_of("a-line", "pencil", "pleated", "flared")},
        "jeans": {"fit": one_of("regular", "slim", "wide"), "pocket": "patch"},
        "trousers": {"fit": one_of("regular", "slim", "wide")},
        "shorts": {"fit": one_of("regular", "wide"), "length": one_of("regular", "mini")},
        "joggers": {"fit": one_of("regular", "relaxed")},
    }  # fmt: skip
    base = table.get(kind, {})
    return {**base, "style": base.get("style", one_of("a", "b", "c", "d"))}
