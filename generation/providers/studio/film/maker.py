"""The studio as a maker of films: photos in, a film out, during the call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import cv2

from generation.errors import Failure, ProviderError
from generation.providers.protocols import Ask, Film, VideoAsked, VideoState
from generation.providers.studio import category
from generation.providers.studio.edits.pixels import encoded
from generation.providers.studio.film import captions, refusals, stage
from generation.providers.studio.film.camera import look_at, take
from generation.providers.studio.film.lettering import Inks, Strip, printable
from generation.providers.studio.film.planes import Bytes, Planes, empty, picture_of
from generation.providers.studio.film.reel import Reel, reel
from generation.providers.studio.film.script import Scene, Script, Set, nears, script_of, shown_of
from generation.providers.studio.film.stills import Still, still_of
from generation.providers.studio.film.wishes import Wish, wish_of
from generation.providers.studio.shapes import Family

Told = Callable[[int, str], None]

STANDS = frozenset(("footwear", "bag", "object"))
STRIP_WIDE, STRIP_TALL = 92, 172  # pixels of 720p
LOOKED, STAGED, FILMED = 18, 20, 97  # percent
STEP = 3  # percent between two words of progress
SWAP = 8  # frames in which the strip's words change
DENSEST = 2.0
SPARE = 1.3  # plate pixels for a film pixel, so that slow movement stays sharp
DARK_INKS = Inks((0x0E, 0x23, 0x37), (0xE8, 0xF1, 0xF6), (0xA6, 0xBC, 0xCB), (0x24, 0x42, 0x5C))


class FilmStudio:
    """Films made here, of photos only: deterministic, on one core."""

    name = "studio"
    is_resubmittable = True

    def create(self, asked: VideoAsked, *, ask: Ask, told: Told) -> VideoState:
        """The whole film. Raises ProviderError for what photos cannot show, and without photos."""
        wish = wish_of(asked)
        if not asked.views:
            raise refusals.no_photos()
        film = _Production(asked, wish, told).film()
        return VideoState(ref="", status="completed", progress=100, film=film)

    def look(self, ref: str, *, timeout_s: float) -> VideoState:
        """Nothing is left to look for. Raises ProviderError."""
        raise _made_at_once()

    def fetch(self, ref: str, *, timeout_s: float) -> AbstractContextManager[Iterator[bytes]]:
        """The film came with its making. Raises ProviderError."""
        raise _made_at_once()

    def cancel(self, ref: str, *, timeout_s: float) -> None:
        """Whoever makes it stops by what ``told`` raises. Raises ProviderError."""
        raise _made_at_once()


def _made_at_once() -> ProviderError:
    return ProviderError(
        Failure.BUG,
        "the studio makes a film while it is asked and keeps none",
        words="The local studio keeps no films: make this one again.",
        suggestions=["Make it again"],
        code="server_error",
    )


@dataclass(frozen=True)
class _Production:
    asked: VideoAsked
    wish: Wish
    told: Told

    def film(self) -> Film:
        strip = self._strip
        width, high = self.asked.width, self.asked.height - strip.height
        stills = self._stills()
        self.told(LOOKED, "Setting the stage")
        sizes = stage.heights(stills, width, high)
        sets = [Set(one, width, high, size) for one, size in zip(stills, sizes, strict=True)]
        script = script_of(sets, self.wish, self.asked.seconds)
        code = stage.backdrop_of(self.wish, stills)
        ground = stage.Stage(
            width,
            high,
            min(script.most_zoom * SPARE, DENSEST),
            code,
            self.wish.warmth,
            self.wish.light_from,
            self._family in STANDS,
        )
        title = printable(self.asked.title)
        words = _Words(strip, title, script, DARK_INKS if stage.is_dark(code) else Inks())
        with reel(width, self.asked.height) as (film, path):
            poster = _Filming(script, sets, ground, words, film, self.told).run()
            self.told(FILMED, "Binding the film")
            film.end()
            data = path.read_bytes()
        self.told(99, "The film is made")
        return Film(data, encoded(poster), captions.vtt(self.asked.title, script.said))

    @property
    def _strip(self) -> Strip:
        width, height = self.asked.width, self.asked.height
        is_tall = height > width
        unit = min(width, height) / 720
        return Strip(width, _even((STRIP_TALL if is_tall else STRIP_WIDE) * unit), is_tall, unit)

    @property
    def _family(self) -> Family:
        brief = self.asked.brief
        if brief.category:
            return category.family_of(brief.category, brief.subcategory)
        said = category.named(f"{self.asked.title}\n{brief.words}")
        return category.family_of(*said[0]) if said else "object"

    def _stills(self) -> list[Still]:
        shown = shown_of(self.asked.views, self.wish, self.asked.seconds)
        closely = nears(self.wish, self.asked.seconds, len(shown))
        stills = []
        for at, view in enumerate(shown):
            name = captions.name_of(view.view_type).lower()
            self.told(1 + (LOOKED - 1) * at // len(shown), f"Looking at the photo: {name}")
            still = still_of(view, self._family, closely=closely, parts=self.wish.parts)
            stills.append(still)
        found = {point.part for still in stills for point in still.points}
        for part in self.wish.parts:
            if part not in found:
                raise refusals.part_unknown(part)
        return stills


def _even(length: float) -> int:
    return round(length / 2) * 2


class _Words:
    """The strip at each frame: the words of the moment, swapped softly."""

    def __init__(self, strip: Strip, title: str, script: Script, inks: Inks) -> None:
        self._said = script.said
        views = {said.view for said in script.said}
        self._strips = {view: strip.planes(title, view, inks) for view in sorted(views)}
        self.height = strip.height

    def write(self, frame: int, onto: Planes) -> None:
        """Lay the strip over a band of a frame."""
        at = next(i for i, said in enumerate(self._said) if frame < said.end)
        now = self._strips[self._said[at].view]
        before = self._strips[self._said[at - 1].view] if at else now
        share = min(1.0, (frame - self._said[at].first + 1) / SWAP)
        if share == 1.0 or before is now:
            for target, plane in zip(onto.each, now.each, strict=True):
                target[:] = plane
        else:
            _blend(before, now, share, onto)


def _blend(one: Planes, two: Planes, share: float, onto: Planes) -> None:
    for a, b, target in zip(one.each, two.each, onto.each, strict=True):
        cv2.addWeighted(a, 1 - share, b, share, 0, dst=target)


class _Filming:
    """Frame after frame, with no more than two plates in memory."""

    def __init__(
        self,
        script: Script,
        sets: list[Set],
        ground: stage.Stage,
        words: _Words,
        film: Reel,
        told: Told,
    ) -> None:
        self._script, self._sets, self._ground = script, sets, ground
        self._words, self._film, self._told = words, film, told
        self._plates: dict[int, stage.Plate] = {}
        self._last_told = STAGED - STEP
        width, self._high = ground.width, ground.height
        self._frame, self._planes = empty(width, ground.height + words.height)
        self._stage = self._planes.rows(0, self._high)
        self._other = empty(width, self._high)[1]

    def run(self) -> Bytes:
        """All frames; the poster's picture comes back."""
        poster: Bytes | None = None
        for frame in range(self._script.length):
            scenes = [s for s in self._script.scenes if s.first <= frame < s.end]
            self._tell(frame, scenes[-1])
            self._shoot(frame, scenes)
            self._words.write(frame, self._planes.rows(self._high, len(self._planes.y)))
            self._film.add(self._frame)
            if frame == self._script.poster:
                poster = picture_of(self._planes)
        return picture_of(self._planes) if poster is None else poster

    def _tell(self, frame: int, scene: Scene) -> None:
        percent = STAGED + (FILMED - STAGED) * frame // self._script.length
        if percent >= self._last_told + STEP:
            self._last_told = percent
            view = captions.name_of(self._sets[scene.index].still.view_type).lower()
            self._told(percent, f"Filming: {view}")

    def _shoot(self, frame: int, scenes: list[Scene]) -> None:
        self._plates = {
            scene.index: self._plates.get(scene.index) or self._plate(scene) for scene in scenes
        }
        first = scenes[0]
        take(self._plates[first.index], look_at(first.keys, frame), self._stage)
        if len(scenes) == 1:
            return
        last = scenes[-1]
        take(self._plates[last.index], look_at(last.keys, frame), self._other)
        share = (frame - last.first + 1) / (first.end - last.first + 1)
        share = share * share * (3 - 2 * share)
        _blend(self._stage, self._other, share, self._stage)

    def _plate(self, scene: Scene) -> stage.Plate:
        one = self._sets[scene.index]
        return self._ground.plate(one.still, one.box_height)
