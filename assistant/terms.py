"""The trade's words with what they mean, for those who answer questions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from techpack import trade

_CODE = re.compile(r"\d{3}|[A-Z]{2}[a-z]{1,2}|\b7\b")


@cache
def stitches_and_seams() -> dict[str, str]:
    """By code: stitches of ISO 4915 and seams of ISO 4916, each in a line."""
    book = trade.stitches()
    stitches = {
        code: f"{stitch.name}, stitch type of ISO 4915. Threads: {stitch.threads}."
        f" Used for: {stitch.use}." + (f" Not for: {stitch.not_for}." if stitch.not_for else "")
        for code, stitch in book.stitches.items()
    }
    seams = {
        code: f"{seam.name}, seam class {seam.iso_class} of ISO 4916."
        for code, seam in book.seams.items()
    }
    return {**stitches, **seams}


@cache
def measuring() -> dict[str, tuple[str, str]]:
    """By code: every template's points of measure, each with its name and how it is taken."""
    found: dict[str, tuple[str, str]] = {}
    for category in trade.CATEGORIES:
        kinds = ("", *trade.subcategories(category))
        for kind in kinds:
            for point in trade.template_for(category, kind).points_of_measure:
                found.setdefault(point.code, (point.name, point.how))
    return found


def used_in(texts: Iterable[str]) -> dict[str, str]:
    """The stitches and seams that these texts name."""
    book = stitches_and_seams()
    named = {code for text in texts for code in _CODE.findall(str(text))}
    return {code: words for code, words in book.items() if code in named}


def trade_words() -> dict[str, str]:
    """Every stitch, seam and point of measure by its code, each with its meaning."""
    points = {code: f"{name}. {how}" for code, (name, how) in measuring().items()}
    return {**stitches_and_seams(), **points}
