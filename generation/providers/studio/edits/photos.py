"""A photo changed by a sentence, or shown another way where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from generation.providers.protocols import Answer, Brief, View
from generation.providers.studio import category, closeups, landmarks
from generation.providers.studio.colour_names import name_of
from generation.providers.studio.edits import backdrop, framing, light, pixels, recolour, refusals
from generation.providers.studio.edits.matte import Matte, matte_of
from generation.providers.studio.edits.pixels import Grey, Picture
from generation.providers.studio.edits.variation import variation_of
from generation.providers.studio.edits.wishes import Recolour, Wishes, wishes_of
from generation.providers.studio.seen import Seen, landmarks_of, see
from generation.providers.studio.shapes import Box

LOGOS = "lettering and logos are mirrored now"
FAR = 0.4  # OKLab lightness; beyond, folds and gloss no longer look right
ALIKE = 0.025
DOUBT = "the outline is not sure: look at the product's edge"


def edit_view(view: View, words: str, brief: Brief, seed: int) -> Answer:
    """``{width, height, note, warnings, did}`` and ``image.jpg``; raises RequestRefused."""
    text = words.strip()
    wishes = wishes_of(text, known=brief.words) if text else None
    if wishes is not None:
        _refuse_unclear(wishes)
    work = Work(view, brief)
    if wishes is None:
        wishes, label = variation_of(seed, with_outline=work.is_usable)
        work.note = f"presentation variation: {label}"
    work.apply(wishes)
    return work.answer()


def _refuse_unclear(wishes: Wishes) -> None:
    if wishes.unknown or (wishes.is_empty and not wishes.trouble):
        raise refusals.not_understood(wishes.unknown, described(wishes))
    if wishes.trouble:
        raise refusals.impossible(wishes.trouble, f"Write for example “{refusals.EXAMPLE}”")


def described(wishes: Wishes) -> list[str]:
    """The wishes in few words each."""
    said = []
    if wishes.recolour:
        said.append(_recolour_words(wishes.recolour))
    if wishes.backdrop:
        said.append("replace the background")
    if wishes.ground_stops:
        said.append("relight the background")
    if wishes.light.changes:
        said.append("relight")
    said += [name for name, given in (
        ("rotate", wishes.turn), ("mirror", wishes.flip), ("crop", wishes.crop)
    ) if given]  # fmt: skip
    return said


def _recolour_words(wish: Recolour) -> str:
    return f"recolour to {wish.name}" if wish.to else "change the shade"


@dataclass
class Work:
    """One photo on its way: the picture as it is now, its matte, and what was done."""

    view: View
    brief: Brief
    note: str = ""
    warnings: list[str] = field(default_factory=list)
    did: list[str] = field(default_factory=list)
    _seen: Seen | None = None
    _matte: Matte | None = None
    _picture: Picture | None = None

    @property
    def seen(self) -> Seen:
        """The photo with its outline, looked at when first needed."""
        if self._seen is None:
            self._seen = see(self.view)
        return self._seen

    @property
    def picture(self) -> Picture:
        """The picture as it is now."""
        if self._picture is None:
            self._picture = pixels.decoded(self.view.data)
        return self._picture

    @property
    def matte(self) -> Matte:
        """The product's soft edge in the picture as it is now."""
        if self._matte is None:
            self._matte = matte_of(self.picture, self.seen.outline.alpha)
        return self._matte

    @property
    def is_usable(self) -> bool:
        """Whether the outline is good enough to cut along."""
        return self.seen.is_there and self.seen.outline.verdict != "unreliable"

    def require_outline(self, wish: str) -> None:
        """Raises RequestRefused where the outline is too doubtful; warns where it may be."""
        self.seen.require()
        outline = self.seen.outline
        if outline.verdict == "unreliable":
            raise refusals.outline_needed(wish, worn=outline.worn_by_person)
        if outline.verdict == "check" and not outline.corrected and DOUBT not in self.warnings:
            self.warnings.append(DOUBT)

    def apply(self, wishes: Wishes) -> None:
        """In this order: dye, light, background, turn, mirror, crop."""
        if wishes.recolour:
            self._recolour(wishes.recolour)
        if wishes.light.changes:
            self._relight(wishes.light)
        if wishes.ground_stops or wishes.backdrop:
            self._ground(wishes)
        if wishes.turn:
            self._turn(wishes.turn)
        if wishes.flip:
            self._flip(wishes.flip)
        if wishes.crop:
            self._crop(wishes.crop)

    def answer(self) -> Answer:
        """The picture and what was done to it."""
        height, width = self.picture.shape[:2]
        note = self.note or "; ".join(self.did)
        data: dict[str, Any] = {
            "width": width,
            "height": height,
            "note": note,
            "warnings": self.warnings,
            "did": self.did,
        }
        return Answer(data, images={"image.jpg": pixels.encoded(self.picture)})

    # -- each wish ---------------------------------------------------------------------

    def _recolour(self, wish: Recolour) -> None:
        self.require_outline("recolour")
        dyes = recolour.dyes_of(self.seen.photo, self.seen.outline)
        if not dyes:
            raise refusals.impossible("The product is too small to see its colours.")
        which = self._which(dyes, wish)
        lit = dyes[which[0]].lit
        target = self._target(wish, lit)
        changed = recolour.redyed(self.matte, dyes, which, target)
        alpha = self.matte.alpha[..., None]
        mixed = self.picture + alpha * (changed - self.matte.front)
        self._picture = np.asarray(np.clip(mixed + 0.5, 0, 255), np.uint8)
        self._matte = Matte(self.matte.alpha, changed)
        self._warn_of_far(lit, target)
        new = wish.name or name_of(*(float(part) for part in target))
        self.did.append(f"{dyes[which[0]].name} recoloured to {new}")

    def _which(self, dyes: Sequence[recolour.Dye], wish: Recolour) -> list[int]:
        """The dyes meant: those of the name that was said, else the main one."""
        if wish.source:
            same = [i for i, dye in enumerate(dyes) if _is_called(dye.name, wish.source)]
            if not same:
                seen = ", ".join(dict.fromkeys(dye.name for dye in dyes))
                raise refusals.impossible(
                    f"There is no {wish.source} on the product; it shows {seen}.",
                    "Name a colour that the product has, or only the new one",
                )
            return same
        if dyes[0].share < recolour.LEAST_SHARE:
            raise refusals.impossible(
                "The product has many colours and no main one, so it is unclear which to change.",
                "Name the colour to change, such as “red to navy”",
            )
        same = [i for i, dye in enumerate(dyes) if dye.name == dyes[0].name]
        if sum(dyes[i].share for i in same) < 0.75:
            self.warnings.append(
                f"several colours: only {dyes[0].name} was changed, the others were kept"
            )
        return same

    def _target(self, wish: Recolour, lit: pixels.Lab) -> pixels.Lab:
        target = pixels.lab_of_hex(wish.to) if wish.to else lit.copy()
        target = target.copy()
        target[0] = np.clip(target[0] + wish.lighter, 0.08, 0.985)
        target[1:] *= max(0.0, 1 + wish.saturation)
        if float(np.linalg.norm(target - lit)) < ALIKE:
            raise refusals.impossible("The product has this colour already.")
        return np.asarray(target, np.float32)

    def _warn_of_far(self, lit: pixels.Lab, target: pixels.Lab) -> None:
        apart = float(target[0] - lit[0])
        if abs(apart) > FAR:
            way = "lighter" if apart > 0 else "darker"
            self.warnings.append(f"much {way} than the photo: folds and gloss may look wrong")

    def _relight(self, wish: light.Light) -> None:
        front = None if self._matte is None else self._matte.front
        self._picture = light.relit(self.picture, wish)
        if front is not None and self._matte is not None:
            lit = light.relit(np.asarray(np.clip(front + 0.5, 0, 255), np.uint8), wish)
            self._matte = Matte(self._matte.alpha, lit.astype(np.float32))
        self.did.append(_light_words(wish))

    def _ground(self, wishes: Wishes) -> None:
        self.require_outline("replace the background" if wishes.backdrop else "relight it")
        if wishes.backdrop is None:
            mixed = light.around(
                self.picture.astype(np.float32), self.matte.alpha, wishes.ground_stops
            )
            self._picture = np.asarray(np.clip(mixed + 0.5, 0, 255), np.uint8)
            self.did.append("background relit")
            return
        self._picture = backdrop.placed_on(self.picture, self.matte, wishes.backdrop)
        colours = [
            name_of(*map(float, pixels.lab_of_hex(code))) for code in wishes.backdrop.colours
        ]
        shade = {"none": "", "kept": ", its shadow kept", "soft": ", with a soft shadow"}
        way = " to ".join(dict.fromkeys(colours))
        self.did.append(f"background replaced: {way}{shade[wishes.backdrop.shadow]}")

    def _alpha(self) -> Grey:
        """The outline in the picture as it is now; empty where nobody has looked for it."""
        if self._matte is not None:
            return self._matte.alpha
        height, width = self.picture.shape[:2]
        if self._seen is None:
            return np.zeros((height, width), np.float32)
        return np.asarray(cv2.resize(self._seen.outline.alpha, (width, height)), np.float32)

    def _moved(self, picture: Picture, alpha: Grey) -> None:
        self._picture = picture
        self._matte = Matte(alpha, picture.astype(np.float32))

    def _turn(self, wish: framing.Turn) -> None:
        degrees = wish.degrees
        if wish.straighten:
            self.require_outline("straighten it")
            degrees = -self.seen.silhouette.angle_deg
            if abs(degrees) < 0.5:
                raise refusals.impossible("The product is upright already.")
        self._moved(*framing.turned(self.picture, self._alpha(), degrees))
        way = "clockwise" if degrees > 0 else "counter-clockwise"
        self.did.append(f"rotated {abs(degrees):g}° {way}" if not wish.straighten
                        else f"straightened by {abs(degrees):.1f}°")  # fmt: skip

    def _flip(self, way: str) -> None:
        self._moved(*framing.flipped(self.picture, self._alpha(), down=way == "down"))
        self.did.append("mirrored top to bottom" if way == "down" else "mirrored left to right")
        self.warnings.append(LOGOS)

    def _crop(self, wish: framing.Crop) -> None:
        if wish.part:
            box = self._part_box(wish.part)
        else:
            product = None
            if wish.to_product:
                self.require_outline("crop to the product")
            if self._seen is not None or wish.to_product:
                product = framing.box_of(self._alpha())
            box = framing.wanted_box(self.picture.shape, product, wish)
        if min(box[2:]) < framing.LEAST_SIDE:
            raise refusals.impossible(
                f"Only {min(box[2:])} pixels would be left; a picture needs {framing.LEAST_SIDE}."
            )
        self._picture = framing.cut_to(self.picture, box)
        self._matte = None
        self.did.append(_crop_words(wish))

    def _part_box(self, part: str) -> Box:
        """The close-up's box around a part whose place was found for sure."""
        seen = self.seen
        family = category.family_of(self.brief.category, self.brief.subcategory)
        found = landmarks_of(seen, family, self.view)
        anchors = landmarks.anchors(seen.outline, family, found)
        wanted = f"landmark: {PLACES.get(part, part)}"
        shots = closeups.plan(seen.photo, seen.outline, found, anchors, family, count=10)
        shot = next((shot for shot in shots if shot.reason == wanted), None)
        if shot is None or not self.is_usable:
            raise refusals.impossible(
                f"Where the {part} is, is not known on this photo.",
                "Crop to the product, or take a share off a side",
            )
        x, y, width, height = (round(side / seen.photo.scale) for side in shot.box)
        return x, y, width, height


PLACES = {"collar": "neckline"}


def _is_called(name: str, said: str) -> bool:
    """Whether a dye's name is the one said, or of the same kind: "light blue" is a blue."""
    return said == name or said in name.split(" ") or name in said.split(" ")


def _light_words(wish: light.Light) -> str:
    pairs = (
        (wish.stops, "brighter", "darker"),
        (wish.contrast, "more contrast", "less contrast"),
        (wish.warmth, "warmer light", "cooler light"),
        (wish.saturation, "stronger colours", "softer colours"),
    )
    return ", ".join(up if value > 0 else down for value, up, down in pairs if value)


def _crop_words(wish: framing.Crop) -> str:
    if wish.part:
        return f"cropped to the {wish.part}"
    if wish.cut:
        return f"{wish.cut[1]:.0%} cropped off the {wish.cut[0]}"
    shape = "" if wish.ratio is None else f" in the shape {wish.ratio:.2f} to 1"
    return ("cropped to the product" if wish.to_product else "cropped") + shape
