"""What a sentence asks to be done to a photo, clause by clause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from generation.providers.studio.category import named
from generation.providers.studio.edits.backdrop import Backdrop, Shadow
from generation.providers.studio.edits.framing import Crop, Side, Turn
from generation.providers.studio.edits.light import Light
from generation.providers.studio.edits.phrases import Token, read

PARTS = frozenset(
    {"collar", "cuff", "sleeve", "hem", "pocket", "hood", "waistband", "sole", "handle"}
)
SIDES: dict[str, Side] = {
    "side-left": "left",
    "side-right": "right",
    "side-top": "top",
    "side-bottom": "bottom",
}
SKIPPED = frozenset({"filler", "product", "all", "and", "break"})
WHITE = "#ffffff"
USUAL_GRADIENT = ("#fbfbfa", "#d9dbdd")
STOPS, CONTRAST, WARMTH, SATURATION, SHADE = 0.45, 0.35, 0.5, 0.3, 0.09


@dataclass(frozen=True)
class Recolour:
    """A new dye, or the old one lighter, darker, stronger; ``source`` names the dye meant."""

    to: str = ""  # #rrggbb
    name: str = ""
    source: str = ""
    lighter: float = 0.0  # OKLab lightness
    saturation: float = 0.0  # share of the chroma


@dataclass(frozen=True)
class Wishes:
    """Everything that was understood, and the words that were not."""

    recolour: Recolour | None = None
    backdrop: Backdrop | None = None
    ground_stops: float = 0.0
    light: Light = field(default_factory=Light)
    crop: Crop | None = None
    turn: Turn | None = None
    flip: str = ""  # across, down
    unknown: tuple[str, ...] = ()
    trouble: str = ""  # why what was understood cannot be done together

    @property
    def is_empty(self) -> bool:
        """Whether nothing was understood."""
        return self == replace(Wishes(), unknown=self.unknown, trouble=self.trouble)


def wishes_of(words: str, *, known: str = "") -> Wishes:
    """The wishes in a sentence. Words of ``known`` (the product's own) are taken as its name."""
    reader = _Reader(frozenset(token.text for token in read(known)))
    for clause in _clauses(read(words)):
        reader.take(clause)
    return reader.wishes()


def _clauses(tokens: Sequence[Token]) -> list[list[Token]]:
    clauses: list[list[Token]] = [[]]
    for token in tokens:
        if token.name in ("break", "and"):
            clauses.append([])
        else:
            clauses[-1].append(token)
    return [clause for clause in clauses if any(t.name != "filler" for t in clause)]


@dataclass
class _Reader:
    product: frozenset[str]
    found: Wishes = field(default_factory=Wishes)
    unknown: list[str] = field(default_factory=list)
    about: str = ""  # what the last clause spoke of, for "… and keep the shadow"

    def wishes(self) -> Wishes:
        return replace(self.found, unknown=tuple(self.unknown))

    def take(self, clause: list[Token]) -> None:
        """Read one clause; each token is used once, what is left over is unknown."""
        left = [token for token in clause if token.name not in SKIPPED]
        for step in (_frame, _backdrop, _shade, _light, _dye):
            self.found, left = step(self.found, left)
        self.unknown += [t.text for t in left if not self._is_harmless(t)]

    def _is_harmless(self, token: Token) -> bool:
        """Words that name the product, and small words that were not needed."""
        if token.name == "word":
            return token.text in self.product or named(token.text) is not None
        return token.name in ("into", "on", "from", "swap", "recolour", "tone", "much", "little")


Step = tuple[Wishes, list[Token]]


def _names(tokens: Sequence[Token]) -> set[str]:
    return {token.name for token in tokens}


def _amount(tokens: list[Token], usual: float) -> tuple[float, list[Token]]:
    """How much, from "a bit", "much" or "20 %"."""
    percent = next((t for t in tokens if t.name == "percent"), None)
    rest = [t for t in tokens if t.name not in ("percent", "little", "much")]
    if percent is not None:
        return usual * min(abs(percent.number), 100) / 25, rest
    names = _names(tokens)
    share = 0.5 if "little" in names else 1.8 if "much" in names else 1.0
    return usual * share, rest


# -- what is shown -------------------------------------------------------------------------


def _frame(wishes: Wishes, left: list[Token]) -> Step:
    names = _names(left)
    if names & {"flip", "flip-down"}:
        way = "down" if names & {"flip-down", "down"} else "across"
        used = {"flip", "flip-down", "across", "down", "photo", *SIDES}
        return replace(wishes, flip=way), [t for t in left if t.name not in used]
    if names & {"straighten", "upside"} or _is_turn(left):
        return _turn(wishes, left)
    if names & {"crop", "square", "ratio", "portrait", "landscape"}:
        return _crop(wishes, left)
    return wishes, left


def _is_turn(left: list[Token]) -> bool:
    names = _names(left)
    number = names & {"number", "angle"}
    way = names & {"clockwise", "counter", "side-left", "side-right", "degrees", "angle"}
    return "rotate" in names or ("turn" in names and bool(number or way))


def _turn(wishes: Wishes, left: list[Token]) -> Step:
    names = _names(left)
    used = {"rotate", "turn", "straighten", "upside", "degrees", "angle", "number", "clockwise",
            "counter", "side-left", "side-right", "photo", "into", "little"}  # fmt: skip
    rest = [t for t in left if t.name not in used]
    if "straighten" in names:
        return replace(wishes, turn=Turn(straighten=True)), rest
    if "upside" in names:
        return replace(wishes, turn=Turn(180)), rest
    number = next((t.number for t in left if t.name in ("number", "angle")), None)
    degrees = 90.0 if number is None else number
    if names & {"counter", "side-left"}:
        degrees = -abs(degrees)
    if not -360 <= degrees <= 360:
        return replace(wishes, trouble="A turn is at most 360 degrees."), rest
    return replace(wishes, turn=Turn(degrees)), rest


def _crop(wishes: Wishes, left: list[Token]) -> Step:
    names = _names(left)
    used = {"crop", "square", "ratio", "portrait", "landscape", "margin", "photo", "off", "half",
            "into", "on", "without", "little", "from", *PARTS, *SIDES}  # fmt: skip
    rest = [t for t in left if t.name not in used]
    ratios = {"square": 1.0, "portrait": 0.8, "landscape": 1.25}
    ratio = next((ratios[t.name] for t in left if t.name in ratios), None)
    ratio = next((t.number for t in left if t.name == "ratio"), ratio)
    part = next((t.name for t in left if t.name in PARTS), "")
    side = next((SIDES[t.name] for t in left if t.name in SIDES), None)
    share = next((t.number / 100 for t in left if t.name == "percent"), None)
    rest = [t for t in rest if t.name != "percent"]
    if side is not None and "margin" not in names:
        share = 0.5 if "half" in names else share
        cut = (_other(side), 0.5) if "half" in names and "off" not in names else None
        cut = cut or (side, 0.1 if share is None else abs(share))
        if not 0 < cut[1] < 0.9:
            return replace(wishes, trouble="Take less than 90 % off a side."), rest
        return replace(wishes, crop=Crop(cut=cut, ratio=ratio)), rest
    margin = 0.0 if names >= {"without", "margin"} else share
    to_product = not part and (ratio is None or "crop" in names or margin is not None)
    return replace(wishes, crop=Crop(to_product, ratio, margin, part)), rest


def _other(side: Side) -> Side:
    pairs: dict[Side, Side] = {
        "left": "right", "right": "left", "top": "bottom", "bottom": "top"
    }  # fmt: skip
    return pairs[side]


# -- background ----------------------------------------------------------------------------


def _backdrop(wishes: Wishes, left: list[Token]) -> Step:
    names = _names(left)
    if not names & {"backdrop", "cutout", "gradient", "shadow"} and not _is_on_colour(left):
        return wishes, left
    shadow, left = _shadow(left)
    if not names & {"backdrop", "cutout", "gradient"} and not _is_on_colour(left):
        if wishes.backdrop is None:
            return replace(wishes, backdrop=Backdrop((WHITE,), shadow)), left
        return replace(wishes, backdrop=replace(wishes.backdrop, shadow=shadow)), left
    if names & {"brighter", "dimmer", "lighter", "darker"} and "colour" not in names:
        return _ground_light(wishes, left)
    colours, left = _ground_colours(left)
    shadow = shadow if shadow != "none" or wishes.backdrop is None else wishes.backdrop.shadow
    if "gradient" in names:
        ends = colours if len(colours) > 1 else (*colours, colours[0]) if colours else ()
        pair = USUAL_GRADIENT if not ends else ends[:2]
        if len(colours) == 1:
            pair = (WHITE, colours[0]) if colours[0] != WHITE else USUAL_GRADIENT
        return replace(wishes, backdrop=Backdrop(pair, shadow)), left
    return replace(wishes, backdrop=Backdrop(((colours or (WHITE,))[-1],), shadow)), left


def _is_on_colour(left: list[Token]) -> bool:
    """ "on white", "against a grey …"."""
    return any(
        one.name == "on" and any(t.name == "colour" for t in left[at + 1 : at + 3])
        for at, one in enumerate(left)
    )


def _shadow(left: list[Token]) -> tuple[Shadow, list[Token]]:
    at = next((i for i, token in enumerate(left) if token.name == "shadow"), None)
    if at is None:
        return "none", left
    near = left[max(0, at - 2) : at + 2]
    rest = [t for t in left if t.name not in ("shadow", "keep")]
    if "without" in _names(near):
        return "none", [t for t in rest if t.name != "without"]
    kept = "keep" in _names(near)
    return ("kept" if kept else "soft"), rest


def _ground_light(wishes: Wishes, left: list[Token]) -> Step:
    size, rest = _amount(left, STOPS)
    up = bool(_names(rest) & {"brighter", "lighter"})
    used = {"backdrop", "brighter", "dimmer", "lighter", "darker", "into"}
    rest = [t for t in rest if t.name not in used]
    return replace(wishes, ground_stops=size if up else -size), rest


def _ground_colours(left: list[Token]) -> tuple[tuple[str, ...], list[Token]]:
    """The background's colours: the one right before the word, else those after it."""
    words = ("backdrop", "gradient", "cutout")
    marks = [i for i, t in enumerate(left) if t.name in words]
    on = next((i for i, t in enumerate(left) if t.name == "on"), None)
    start = on if on is not None and (not marks or on < marks[0]) else None
    start = marks[0] if start is None else start
    before = start
    while before > 0 and left[before - 1].name == "colour" and left[start].name != "on":
        before -= 1
        break
    first = before if before < start else start
    taken = [t for t in left[first:] if t.name == "colour"]
    used = {"backdrop", "gradient", "cutout", "on", "tone"}
    kept = [t for i, t in enumerate(left) if t.name not in used and not (i >= first and t in taken)]
    drop = {"into", "from", "swap", "recolour", "dark", "pale", "without", "keep"}
    if taken:
        kept = [t for t in kept if t.name not in drop]
    return tuple(t.hex for t in taken), kept


# -- light ---------------------------------------------------------------------------------


def _light(wishes: Wishes, left: list[Token]) -> Step:
    names = _names(left)
    change = _light_change(names)
    if change is None:
        return wishes, left
    field_name, sign, usual = change
    size, rest = _amount(left, usual)
    now = replace(wishes.light, **{field_name: getattr(wishes.light, field_name) + sign * size})
    used = {"brighter", "dimmer", "lighter", "darker", "photo", "light", "contrast", "more", "less",
            "contrastier", "flatter", "warmer", "cooler", "richer", "duller", "saturation",
            "into"}  # fmt: skip
    left_over = [t for t in rest if t.name not in used]
    return replace(wishes, light=now), left_over


def _light_change(names: set[str]) -> tuple[str, int, float] | None:
    """Which property of the light, which way, and how much by usual."""
    if "contrast" in names or names & {"contrastier", "flatter"}:
        down = bool(names & {"less", "flatter"})
        return "contrast", -1 if down else 1, CONTRAST
    if names & {"warmer", "cooler"}:
        return "warmth", 1 if "warmer" in names else -1, WARMTH
    if names & {"photo", "light"} and names & {"saturation", "richer", "duller"}:
        return "saturation", -1 if names & {"less", "duller"} else 1, SATURATION
    if names & {"brighter", "dimmer"}:
        return "stops", 1 if "brighter" in names else -1, STOPS
    if names & {"photo", "light"} and names & {"lighter", "darker", "more", "less"}:
        return "stops", 1 if names & {"lighter", "more"} else -1, STOPS
    return None


# -- the product's colour ------------------------------------------------------------------


def _shade(wishes: Wishes, left: list[Token]) -> Step:
    """Lighter, darker, stronger: the product's own colour, where no photo is spoken of."""
    names = _names(left)
    if names & {"photo", "light"} or ("colour" in names and "into" not in names):
        return wishes, left
    old = wishes.recolour or Recolour()
    used = {"into", "tone"}
    if names & {"lighter", "darker"}:
        size, rest = _amount(left, SHADE)
        change = replace(old, lighter=old.lighter + (size if "lighter" in names else -size))
        used |= {"lighter", "darker"}
    elif names & {"richer", "duller", "saturation"}:
        size, rest = _amount(left, SATURATION)
        down = bool(names & {"less", "duller"})
        change = replace(old, saturation=old.saturation + (-size if down else size))
        used |= {"richer", "duller", "saturation", "more", "less"}
    else:
        return wishes, left
    return replace(wishes, recolour=change), [t for t in rest if t.name not in used]


def _dye(wishes: Wishes, left: list[Token]) -> Step:
    at = [i for i, token in enumerate(left) if token.name == "colour"]
    if not at:
        return wishes, left
    old = wishes.recolour or Recolour()
    if len(at) > 2 or old.to:
        trouble = "The product can get one new colour at a time."
        return replace(wishes, trouble=trouble), [t for t in left if t.name != "colour"]
    source, target = _from_to(left, at)
    modifier = next((t.name for t in left if t.name in ("dark", "pale")), "")
    lighter = old.lighter + {"dark": -SHADE, "pale": SHADE, "": 0.0}[modifier]
    new = replace(old, to=target.hex, name=target.text, source=source, lighter=lighter)
    used = {"colour", "dark", "pale", "from", "into", "swap", "recolour", "tone"}
    return replace(wishes, recolour=new), [t for t in left if t.name not in used]


def _from_to(left: list[Token], at: list[int]) -> tuple[str, Token]:
    """The colour meant and the new one; "navy instead of red" turns them round."""
    if len(at) == 1:
        return "", left[at[0]]
    one, other = left[at[0]], left[at[1]]
    turned = any(t.name == "from" for t in left[at[0] : at[1]])
    return (other.text, one) if turned else (one.text, other)
