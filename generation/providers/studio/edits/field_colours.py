"""A colour by its name, its code, or as a change of the one that is there."""

from __future__ import annotations

import numpy as np

from generation.providers.protocols import FieldAsked
from generation.providers.studio import oklab
from generation.providers.studio.colour_names import name_of
from generation.providers.studio.edits.field_answers import LONGEST, New, refused
from generation.providers.studio.edits.phrases import Token, read

SHADE, SATURATION = 0.09, 0.3
NAMED, CODED, CHANGED = 0.8, 0.97, 0.75


def new_colour(wanted: FieldAsked) -> New:
    """``#rrggbb``; raises RequestRefused."""
    tokens = read(wanted.words[:LONGEST], "edits/field_phrases")
    names = {token.name for token in tokens}
    if "not" in names:
        raise refused(wanted, "It compares, doubts or sets a condition.")
    if "clear" in names:
        raise refused(wanted, "To empty a field, clear it in the table: that is free.")
    strange = [t.text for t in tokens if t.name in ("word", "number", "ratio", "other-part")]
    own = {token.text for token in read(f"{wanted.label} {wanted.value}", "edits/field_phrases")}
    strange = [word for word in strange if word not in own]
    if any(word in ("pantone", "tcx", "tpx", "tpg", "ral", "ncs") for word in strange):
        raise refused(wanted, "Codes of licensed colour books are never guessed: type them in.")
    if len(strange) > 1:
        raise refused(wanted)
    said = [token for token in tokens if token.name == "colour"]
    if said:
        return _named(wanted, tokens, said)
    return _changed(wanted, tokens, names)


def _named(wanted: FieldAsked, tokens: list[Token], said: list[Token]) -> New:
    target = _target(wanted, tokens, said)
    names = {token.name for token in tokens}
    if "#" in target.text:
        return New(target.hex, CODED, True, "as written")
    lighter = {"dark": -SHADE, "pale": SHADE}
    shift = sum(lighter[name] for name in names & {"dark", "pale"})
    code = _shifted(target.hex, shift, 0.0) if shift else target.hex
    because = f"{target.text} as screens show it, not a dye standard"
    return New(code, NAMED, False, because)


def _target(wanted: FieldAsked, tokens: list[Token], said: list[Token]) -> Token:
    """The colour meant: the last, or the first before "instead of"."""
    if len(said) == 1:
        return said[0]
    if len(said) > 2:
        raise refused(wanted, "It names more than one colour.")
    between = tokens[tokens.index(said[0]) + 1 : len(tokens) - 1 - tokens[::-1].index(said[1])]
    names = {token.name for token in between}
    if "turned" in names:
        return said[0]
    if names & {"set"} or any(token.text in ("with", "mit", "into") for token in between):
        return said[1]
    raise refused(wanted, "It names more than one colour.")


def _changed(wanted: FieldAsked, tokens: list[Token], names: set[str]) -> New:
    """Darker, lighter, stronger, softer than what is there."""
    try:
        before = oklab.hex_of(oklab.from_hex(str(wanted.value)))
    except ValueError as error:
        raise refused(wanted, "There is no colour to start from.") from error
    size = _size(tokens, names)
    steps = {
        "lighter": (SHADE, 0.0),
        "darker": (-SHADE, 0.0),
        "richer": (0.0, SATURATION),
        "duller": (0.0, -SATURATION),
    }
    asked = [name for name in steps if name in names]
    if len(asked) != 1:
        raise refused(wanted)
    lighter, saturation = steps[asked[0]]
    code = _shifted(before, lighter * size, saturation * size)
    if code == before:
        raise refused(wanted, "The colour cannot go further that way.")
    words = {"lighter": "lighter", "darker": "darker", "richer": "stronger", "duller": "softer"}
    return New(code, CHANGED, False, f"{_name(before)} {words[asked[0]]}")


def _size(tokens: list[Token], names: set[str]) -> float:
    percent = next((token.number for token in tokens if token.name == "percent"), None)
    if percent:
        return min(abs(percent), 100) / 20
    return 0.5 if "little" in names else 1.8 if "much" in names else 1.0


def _shifted(code: str, lighter: float, saturation: float) -> str:
    lab = oklab.to_oklab(oklab.from_hex(code))
    lab[0] = np.clip(lab[0] + lighter, 0.0, 1.0)
    lab[1:] *= max(0.0, 1 + saturation)
    return oklab.hex_of(oklab.from_oklab(lab))


def _name(code: str) -> str:
    return name_of(*(float(part) for part in oklab.to_oklab(oklab.from_hex(code))))
