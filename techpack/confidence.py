"""How sure an entry is: the model's own figure, moved by what can be checked about it.

A model says how sure it is; that is where it starts. Each check then moves it on the log-odds
scale, so that what was sure stays possible to doubt, nothing leaves 0 to 1, and a worse check can
only lower it::

    confidence = 1 / (1 + exp(-(log(own / (1 - own)) + sum of the shifts)))

with ``own`` held within 0.02 and 0.97. A shift of −0.7 makes 80 % into 66 %, one of −1.4 into 50 %.

=====================  ==========  ============================================================
check                  shift       from … to
=====================  ==========  ============================================================
sharpness              −1.2 … 0    Laplacian's variance ÷ brightness's, 0.005 … 0.05 (logarithmic)
exposure               −0.8 … 0    half … 5 % of the product near black or white
size in the picture    −0.8 … 0    2 % … 12 % of the area
resolution             −1.0 … 0    200 … 600 pixels along the product
outline                −0.8 … 0    score 0.4 … 0.85
same colour elsewhere  −1.4 … 0.6  CIE ΔE 30 … 5 to the nearest colour of the other views
same words elsewhere   −0.7 … 0.6  no … all words shared with the same entry of another view
usual range            −2.0 … 0.3  a factor of 2 beyond the template's range … inside it
beyond any photo       −3.0        fibre percentages, grams per area, colour codes, alloys
=====================  ==========  ============================================================

The first five are about the picture and move everything that was read from it. An answer whose
figures are measured and calibrated (the studio's) already holds them; only what contradicts it
lowers it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from techpack.trade import Template, to_um

LEAST: Final = 0.02
MOST: Final = 0.97
_TOLD_FROM: Final = 0.1  # smaller shifts are not worth a sentence
_MAIN_SHARE: Final = 0.15  # a colour that another view has to show too

Entry = Mapping[str, Any]
Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Picture:
    """What was measured on a photo.

    ``sharpness`` is the variance of the Laplacian over that of brightness, on the product 800 px
    long; ``clipped`` and ``share`` are parts of the product and of the picture; ``long_px`` is the
    product's long side in stored pixels; ``outline`` is the outline's score.
    """

    sharpness: float
    clipped: float
    share: float
    long_px: float
    outline: float


@dataclass(frozen=True)
class Check:
    """A reason to be more (above 0) or less sure, in log-odds."""

    shift: float
    because: str


def combined(own: float, checks: Iterable[Check]) -> float:
    """The model's own figure with all checks, within 0 and 1; what is no figure counts as 0.5."""
    start = min(max(own, LEAST), MOST) if math.isfinite(own) else 0.5
    odds = math.log(start / (1 - start)) + sum(check.shift for check in checks)
    return min(max(1 / (1 + math.exp(-max(min(odds, 30.0), -30.0))), LEAST), MOST)


def picture_checks(picture: Picture) -> list[Check]:
    """What the photo itself gives reason to doubt."""
    sharp = _part(math.log10(max(picture.sharpness, 1e-6)), math.log10(0.005), math.log10(0.05))
    return [
        Check(-1.2 * (1 - sharp), "the photo is not sharp"),
        Check(-0.8 * _part(picture.clipped, 0.05, 0.5), "the photo is too dark or too bright"),
        Check(-0.8 * (1 - _part(picture.share, 0.02, 0.12)), "the product is small in the photo"),
        Check(-1.0 * (1 - _part(picture.long_px, 200, 600)), "the photo has few pixels"),
        Check(-0.8 * (1 - _part(picture.outline, 0.4, 0.85)), "the outline is doubtful"),
    ]


def agreement_check(section: str, entry: Entry, others: Sequence[Raw]) -> Check | None:
    """Whether the other views say the same; None where they say nothing of it."""
    if section == "colors":
        return _colour_check(entry, others)
    said = [
        row for other in others for row in other.get(section, ()) if row.get("id") == entry["id"]
    ]
    shares = [_shared_words(str(entry.get("value", "")), str(row.get("value", ""))) for row in said]
    if not shares:
        return None
    best = max(shares)
    words = "another view says the same" if best >= 0.5 else "another view says otherwise"
    return Check(-0.7 + 1.3 * best, words)


def _colour_check(entry: Entry, others: Sequence[Raw]) -> Check | None:
    """A main colour has to be somewhere on the other views too."""
    lab = entry.get("lab")
    labs = [row["lab"] for other in others for row in other.get("colors", ()) if row.get("lab")]
    if not lab or not labs or float(entry.get("share", 0)) < _MAIN_SHARE:
        return None
    nearest = min(math.dist(lab, other) for other in labs)
    far = _part(nearest, 5, 30)
    words = "another view has this colour" if far < 0.3 else "no other view has this colour"
    return Check(0.6 - 2.0 * far, words)


def range_check(entry: Entry, template: Template) -> Check | None:
    """Whether a length is one that such a product may have; None where no range is known."""
    row = template.by_code.get(str(entry.get("code") or ""))
    um = entry.get("um")
    if row is None or row.unit or not isinstance(um, int | float) or um <= 0 or not row.limits:
        return None
    beyond = min(
        _beyond(float(um), _um(low, template), _um(high, template)) for low, high in row.limits
    )
    if beyond == 0:
        return Check(0.3, f"within the usual range of {row.code}")
    return Check(
        -2.0 * _part(beyond, 0.0, math.log(2)), f"outside of the usual range of {row.code}"
    )


def _um(bound: Decimal | None, template: Template) -> float:
    return math.inf if bound is None else float(to_um(bound, template.unit))


def _beyond(um: float, low: float, high: float) -> float:
    """By which factor a length misses its range, as a logarithm; 0 inside."""
    if low <= um <= high:
        return 0.0
    return math.log(low / um) if um < low else math.log(um / high)


_FIBRES: Final = (
    "cotton|polyester|wool|merino|cashmere|elastane|spandex|nylon|polyamide|acrylic|viscose|rayon"
    "|modal|lyocell|tencel|linen|hemp|silk|leather|polyurethane"
)
_CLAIMS: Final = (
    (rf"\d\s*(?:%|per ?cent)\s*(?:of\s+)?(?:{_FIBRES})", "no photo tells a percentage of fibres"),
    (r"\d\s*(?:g/m|gsm\b|g per|oz\b|den(?:ier)?\b|tex\b)", "no photo tells a weight"),
    (r"\b(?:pantone|ral\s*\d|ncs\b|tcx\b|tpx\b|tpg\b)", "no photo tells a colour code"),
    (r"\b(?:925|750|585|18/10|18/8|aisi|304l?|316l?)\b", "no photo tells an alloy"),
)
_CLAIM_PATTERNS: Final = tuple((re.compile(pattern, re.I), why) for pattern, why in _CLAIMS)
_QUOTED: Final = re.compile(r"[“\"'][^”\"']*[”\"']")  # what stands on a label may say anything


def claim_check(entry: Entry) -> Check | None:
    """Whether a value says what cannot be seen."""
    said = _QUOTED.sub("", str(entry.get("value", "")))
    return next(
        (Check(-3.0, why) for pattern, why in _CLAIM_PATTERNS if pattern.search(said)), None
    )


def weighed(
    raw: Raw,
    *,
    picture: Picture | None,
    others: Sequence[Raw],
    template: Template,
    is_calibrated: bool = False,
) -> dict[str, Any]:
    """An analysis with its confidence weighed: ``raw`` is left as it is.

    An entry that a check moved says why in ``because``; the analysis in ``other.because``. With
    ``is_calibrated`` only contradictions count. Entries of a person or of a measurement stay.
    """
    of_picture = picture_checks(picture) if picture and not is_calibrated else []
    found = {
        name: [_entry(name, row, of_picture, others, template, is_calibrated) for row in rows]
        if isinstance(rows, list)
        else rows
        for name, rows in raw.items()
    }
    found["confidence"] = round(combined(float(raw.get("confidence", 0.0)), of_picture), 2)
    if is_calibrated:
        found["confidence"] = raw.get("confidence", 0.0)
    if told := _told(of_picture):
        found["other"] = {**raw.get("other", {}), "because": told}
    return found


def _entry(
    section: str,
    entry: Entry,
    of_picture: list[Check],
    others: Sequence[Raw],
    template: Template,
    is_calibrated: bool,
) -> dict[str, Any]:
    is_measured = entry.get("provenance", "ai") != "ai" or "uncertaintyUm" in entry
    if is_measured or "confidence" not in entry:
        return dict(entry)
    own_checks = (
        agreement_check(section, entry, others),
        range_check(entry, template) if section == "dimensions" else None,
        claim_check(entry) if section in ("materials", "colors") else None,
    )
    checks = [check for check in own_checks if check is not None]
    if is_calibrated:
        # Its words are marks of how it saw a thing; figures alone can contradict one another.
        is_figure = section in ("colors", "dimensions")
        checks = [check for check in checks if is_figure and check.shift < 0]
        if not checks:
            return dict(entry)
    moved = round(combined(float(entry["confidence"]), [*of_picture, *checks]), 2)
    told = _told(checks)
    return {**entry, "confidence": moved, **({"because": told} if told else {})}


def _told(checks: Iterable[Check]) -> list[str]:
    return [
        f"{check.because} ({check.shift:+.1f})"
        for check in checks
        if abs(check.shift) >= _TOLD_FROM
    ]


def _part(value: float, low: float, high: float) -> float:
    """Where ``value`` lies between ``low`` (0) and ``high`` (1)."""
    return min(max((value - low) / (high - low), 0.0), 1.0)


def _shared_words(one: str, other: str) -> float:
    """Of all words of two texts, the part that both have."""
    left, right = (set(re.findall(r"\w+", text.lower())) for text in (one, other))
    return len(left & right) / len(left | right) if left | right else 0.0
