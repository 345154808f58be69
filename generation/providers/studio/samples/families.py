"""Which template draws which kind, from which sides."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from generation.errors import RequestRefused
from generation.providers.studio.samples import (
    bags,
    bottoms,
    footwear,
    headwear,
    textiles,
    tops,
    turned,
)
from generation.providers.studio.samples.design import Design
from generation.providers.studio.samples.reading import TOP_KINDS
from generation.providers.studio.samples.scene import Scene

Draw = Callable[[Design, str], Scene]


def _both_ways(draw: Callable[[Design, bool], Scene]) -> Draw:
    return lambda design, view_type: draw(design, view_type == "back")


def _alike(draw: Callable[[Design], Scene]) -> Draw:
    """A thing that looks the same from all around."""
    return lambda design, view_type: draw(design)


FRONT_AND_BACK: Mapping[str, Draw] = {
    **{kind: _both_ways(tops.scene_of) for kind in TOP_KINDS},
    **{
        kind: _both_ways(bottoms.trousers)
        for kind in ("jeans", "trousers", "shorts", "joggers", "leggings")
    },
    "skirt": _both_ways(bottoms.skirt),
    "tote": _both_ways(bags.tote),
    "backpack": _both_ways(bags.backpack),
    "handbag": _both_ways(bags.handbag),
    "duffel": _both_ways(bags.duffel),
    "pouch": _both_ways(bags.pouch),
    "wallet": _both_ways(bags.wallet),
    "cushion": _alike(textiles.cushion),
    "towel": _alike(textiles.towel),
    "scarf": _alike(textiles.scarf),
    "belt": _alike(textiles.belt),
    "object": _alike(turned.block),
}
ALL_AROUND: Mapping[str, Draw] = {
    "cap": headwear.cap,
    "beanie": _alike(headwear.beanie),
    "bucket hat": _alike(headwear.bucket),
    "sun hat": _alike(headwear.sun_hat),
    "mug": _alike(turned.mug),
    "bottle": _alike(turned.bottle),
    "vase": _alike(turned.vase),
    "bowl": _alike(turned.bowl),
    "candle": _alike(turned.candle),
    "lamp": _alike(turned.lamp),
    "stool": _alike(turned.stool),
    "box": turned.box,
    "chair": turned.chair,
    "table": turned.table,
}
PROFILES: Mapping[str, Draw] = {
    "sneaker": _alike(footwear.sneaker),
    "boot": _alike(footwear.boot),
    "loafer": _alike(footwear.loafer),
    "sandal": _alike(footwear.sandal),
    "pump": _alike(footwear.pump),
    "socks": _alike(footwear.sock),
}


def scene_of(design: Design, view_type: str) -> Scene:
    """The scene of a design from a side; raises RequestRefused where none would be true."""
    kind = design.kind
    if kind in ALL_AROUND and view_type in ("front", "back", "side"):
        return ALL_AROUND[kind](design, view_type)
    if kind in FRONT_AND_BACK and view_type in ("front", "back"):
        return FRONT_AND_BACK[kind](design, view_type)
    if kind in PROFILES and view_type in ("front", "side"):
        return PROFILES[kind](design, view_type)
    raise RequestRefused(
        "no true template of that side",
        words=f"The local studio has no template of a {kind} from this side ({view_type[:20]}): "
        "it would be made up. Nothing was charged.",
        suggestions=["Ask for the front or the back", "Photograph this side"],
    )
