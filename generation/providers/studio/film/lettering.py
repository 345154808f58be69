"""Words on a film: the strip below the stage, set in the fonts of the project."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from generation.providers.studio.film.planes import Planes, planes_of

# The pack's own fonts: one copy in the project of what covers Chinese and Japanese.
FONTS: Final = Path(__file__).resolve().parents[4] / "techpack" / "document" / "typst" / "fonts"
BOLD, PLAIN = "Archivo-SemiBold", "Archivo-Medium"
OTHERS: Final = ("NotoSansSC-Regular", "IBMPlexMono-Medium")  # Han and kana; Cyrillic
LABEL: Final = "Still-photo presentation, not 3D"
_NOBODY = "\uffff"
_PROBE = 40


@dataclass(frozen=True)
class Inks:
    """Colours of a strip, RGB."""

    sheet: tuple[int, int, int] = (0xFB, 0xFC, 0xFA)
    ink: tuple[int, int, int] = (0x12, 0x21, 0x2F)
    soft: tuple[int, int, int] = (0x47, 0x58, 0x66)
    rule: tuple[int, int, int] = (0xC6, 0xD1, 0xD2)


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / f"{name}.ttf"), size)


@cache
def _draws(name: str, character: str) -> bool:
    """Whether a font has the character: what it lacks, it draws as its empty box."""
    font = _font(name, _PROBE)
    mask, box = font.getmask(character), font.getmask(_NOBODY)
    return (mask.size, bytes(mask)) != (box.size, bytes(box))


def printable(words: str) -> str:
    """What our fonts can draw of it, in one line; the rest is left out, never drawn as boxes."""
    whole = unicodedata.normalize("NFC", words)
    kept = (c if not c.isspace() else " " for c in whole)
    drawn = (c for c in kept if unicodedata.category(c)[0] != "C" and _drawn_by(c, BOLD))
    return " ".join("".join(drawn).split())


def _drawn_by(character: str, first: str) -> str:
    return next((name for name in (first, *OTHERS) if _draws(name, character)), "")


def _runs(words: str, first: str) -> Iterator[tuple[str, str]]:
    """Stretches of words with the font that draws each."""
    run, font = "", first
    for character in words:
        needed = font if character == " " else _drawn_by(character, first)
        if run and needed != font:
            yield run, font
            run = ""
        run, font = run + character, needed
    if run:
        yield run, font


def _width(words: str, first: str, size: int) -> float:
    return sum(_font(name, size).getlength(run) for run, name in _runs(words, first))


@dataclass(frozen=True)
class Line:
    """Words in a place: left edge, baseline, the room they have."""

    words: str
    font: str
    size: int
    x: int
    baseline: int
    room: int
    ink: tuple[int, int, int]


def _fitted(line: Line) -> tuple[str, int]:
    """The words and size that fit the room: a little smaller first, then cut short."""
    least = round(line.size * 0.75)
    for size in range(line.size, least - 1, -1):
        if _width(line.words, line.font, size) <= line.room:
            return line.words, size
    words = line.words
    while words and _width(words + "…", line.font, least) > line.room:
        words = words[:-1].rstrip()
    return words + "…", least


@dataclass(frozen=True)
class Strip:
    """Where the words stand: a title block along the foot of the frame."""

    width: int
    height: int
    is_tall: bool  # two rows
    unit: float  # pixels of the frame per pixel of 720p

    def planes(self, title: str, view: str, inks: Inks) -> Planes:
        """The strip as it is laid into a frame."""
        sheet = Image.new("RGB", (self.width, self.height), inks.sheet)
        pen = ImageDraw.Draw(sheet)
        for box in self._rules():
            pen.rectangle(box, fill=inks.rule)
        for line in self._lines(title, view, inks):
            self._write(pen, line)
        rgb = np.asarray(sheet, np.uint8)
        return planes_of(np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), np.uint8))

    def _px(self, length: float) -> int:
        return round(length * self.unit)

    def _rules(self) -> list[tuple[int, int, int, int]]:
        thick = max(1, self._px(2))
        rules = [(0, 0, self.width, thick - 1)]
        if self.is_tall:
            rules.append((0, self._px(92), self.width, self._px(92) + thick - 1))
            rules.append((self._px(290), self._px(92), self._px(290) + thick - 1, self.height))
        else:
            for x in (self._px(600), self._px(890)):
                rules.append((x, 0, x + thick - 1, self.height))
        return rules

    def _lines(self, title: str, view: str, inks: Inks) -> list[Line]:
        px = self._px
        if self.is_tall:
            return [
                Line(title, BOLD, px(36), px(32), px(58), px(656), inks.ink),
                Line(view, PLAIN, px(25), px(32), px(138), px(240), inks.ink),
                Line(LABEL, PLAIN, px(23), px(318), px(138), px(372), inks.soft),
            ]
        return [
            Line(title, BOLD, px(34), px(40), px(57), px(530), inks.ink),
            Line(view, PLAIN, px(24), px(624), px(54), px(246), inks.ink),
            Line(LABEL, PLAIN, px(21), px(914), px(53), px(340), inks.soft),
        ]

    def _write(self, pen: ImageDraw.ImageDraw, line: Line) -> None:
        words, size = _fitted(line)
        x = float(line.x)
        for run, name in _runs(words, line.font):
            font = _font(name, size)
            pen.text((x, line.baseline), run, font=font, fill=line.ink, anchor="ls")
            x += font.getlength(run)
