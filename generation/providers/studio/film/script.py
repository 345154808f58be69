"""What is shown when: scenes, the camera's ways through them, and what is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from generation.providers.protocols import View
from generation.providers.studio.film.camera import Key, Look, look_at
from generation.providers.studio.film.captions import Said, name_of
from generation.providers.studio.film.reel import FPS
from generation.providers.studio.film.stills import LYING, NEAR, STANDING, Point, Still
from generation.providers.studio.film.wishes import Wish

VIEWS_PER_SECOND: Final = 0.65
FADE: Final = 15  # frames
DRIFT: Final = 0.022  # of the width: how far a turning product comes from and goes to
PUSH: Final = 0.05  # over the whole film
ZOOM: Final = 1.3
PAN_ZOOM, PAN_SHARE = 1.4, 0.26
WHOLE: Final = 32  # frames a product is seen whole before the camera nears
GLIDE: Final = 26
NEAR_LEAST: Final = 45  # frames that a close look takes with its way
NEAR_FILLS: Final = 0.72  # of the stage's height
BESIDE: Final = 0.12  # of the picture: how much of it may be beside the product
CREEP: Final = 1.03
ENLARGED: Final = 2.1  # film pixels for a photo's pixel; beyond, a close look shows blur
ONE_SIDE: Final = "No other side was photographed"
PHOTO_AS_TAKEN: Final = "The whole photo, as it was taken"

_ORDER: Final = (*STANDING[:5], *LYING, *NEAR)


@dataclass(frozen=True)
class Scene:
    """A view from ``first`` until, not including, ``end``; scenes overlap while they cross-fade."""

    index: int  # of the still
    first: int
    end: int
    keys: tuple[Key, ...]


@dataclass(frozen=True)
class Script:
    """A film of ``length`` frames."""

    scenes: tuple[Scene, ...]
    said: tuple[Said, ...]
    length: int
    poster: int  # the frame that stands for the film

    @property
    def most_zoom(self) -> float:
        """The strongest magnification that occurs."""
        return max(key.look.zoom for scene in self.scenes for key in scene.keys)


@dataclass(frozen=True)
class Set:
    """A still on a stage of ``width`` × ``height``, its box ``box_height`` high."""

    still: Still
    width: int
    height: int
    box_height: float

    @property
    def middle(self) -> Look:
        """All of it."""
        return Look(1.0, self.width / 2, self.height / 2)

    def near(self, point: Point) -> Look:
        """Close to a place of the product, as close as the photo is sharp."""
        most = ENLARGED * self.still.box[3] / self.box_height
        wanted = NEAR_FILLS * self.height / max(point.side * self.box_height, 1)
        zoom = min(max(wanted, 1.5), max(most, 1.35), 2.6)
        box_width = self.box_height * self.still.aspect
        return Look(
            zoom,
            self.width / 2 + _kept(point.x - 0.5, box_width, self.width / zoom),
            self.height / 2 + _kept(point.y - 0.5, self.box_height, self.height / zoom),
        )


def _kept(share: float, box: float, seen: float) -> float:
    """How far off the box's middle to look, so that hardly more than the box is seen."""
    most = max(0.0, box / 2 - seen * (0.5 - BESIDE))
    return min(max(share * box, -most), most)


def shown_of(views: Sequence[View], wish: Wish, seconds: int) -> list[View]:
    """The views that fit the length, in the order of a turn: one of each side first.

    The first given is always among them.
    """
    pace = min(wish.pace, 1.0) * (0.7 if wish.movements == {"close"} else 1.0)
    room = max(1, round(seconds * VIEWS_PER_SECOND * pace))
    seen: dict[str, int] = {}
    ranked = []
    for at, view in enumerate(views):
        again = seen[view.view_type] = seen.get(view.view_type, -1) + 1
        ranked.append((at > 0, again, _place(view), at))
    kept = sorted(sorted(ranked)[:room], key=lambda rank: (rank[2], rank[3]))
    return [views[at] for *_, at in kept]


def nears(wish: Wish, seconds: int, count: int) -> bool:
    """Whether the camera goes close in a film of so many views."""
    if wish.movements and not _has_one_side(wish, count):
        return "close" in wish.movements
    return seconds * FPS // count >= 2 * NEAR_LEAST


def _has_one_side(wish: Wish, count: int) -> bool:
    """Whether a turn was asked for and there is nothing to turn to."""
    return count == 1 and wish.movements == {"turn"}


def _place(view: View) -> int:
    return _ORDER.index(view.view_type) if view.view_type in _ORDER else len(_ORDER)


def script_of(sets: Sequence[Set], wish: Wish, seconds: int) -> Script:
    """Equal scenes that cross-fade, each with the camera's way."""
    length, count = seconds * FPS, len(sets)
    fade = min(round(FADE / wish.pace), length // (2 * count)) if count > 1 else 0
    starts = [round(at * (length - fade) / count) for at in range(count)]
    scenes, said = [], []
    for at, (one, first) in enumerate(zip(sets, starts, strict=True)):
        end = starts[at + 1] + fade if at + 1 < count else length
        way = _Way(
            one, wish, first, end, length, fade, at == 0, at + 1 == count,
            nears(wish, seconds, count),
        )  # fmt: skip
        keys, near = way.keys()
        scenes.append(Scene(at, first, end, keys))
        begins = first + fade // 2 if at else 0
        ends = starts[at + 1] + fade // 2 if at + 1 < count else length
        alone = ONE_SIDE if _has_one_side(wish, count) else ""
        said += _said(one.still, begins, ends, near, alone)
    return Script(tuple(scenes), tuple(said), length, _poster(sets, scenes, fade))


def _said(
    still: Still, first: int, end: int, near: Sequence[tuple[int, str]], alone: str
) -> list[Said]:
    view = name_of(still.view_type)
    more = ". ".join(words for words in (PHOTO_AS_TAKEN if still.is_print else "", alone) if words)
    changes = [(first, view), *((at, f"{view}: {name.lower()}" if name else view)
                                for at, name in near if first < at < end)]  # fmt: skip
    ends = [at for at, _ in changes[1:]] + [end]
    return [Said(at, until, words, more) for (at, words), until in zip(changes, ends, strict=True)]


def _poster(sets: Sequence[Set], scenes: Sequence[Scene], fade: int) -> int:
    """The front, or the first view, at its most whole, outside of the cross-fades."""
    main = next((s for s in scenes if sets[s.index].still.view_type == "front"), scenes[0])
    alone = range(
        main.first + (fade if main is not scenes[0] else 0),
        main.end - (fade if main is not scenes[-1] else 0),
    )
    middle = sets[main.index].width / 2

    def cost(frame: int) -> float:
        look = look_at(main.keys, frame)
        return look.zoom + abs(look.x - middle) / middle

    return min(alone, key=cost, default=main.first)


@dataclass(frozen=True)
class _Way:
    """The camera's way through one scene."""

    set: Set
    wish: Wish
    first: int
    end: int
    length: int
    fade: int
    is_first: bool
    is_last: bool
    goes_near: bool

    def keys(self) -> tuple[tuple[Key, ...], list[tuple[int, str]]]:
        """The keys, and from which frame on which place is near ("" for the whole again)."""
        moves = self.wish.movements
        if moves == {"still"}:
            return (Key(self.first, self.set.middle),), []
        points = self._points()
        if points:
            return self._nearing(points)
        if "pan" in moves:
            return self._panning(), []
        return self._passing(), []

    def _points(self) -> tuple[Point, ...]:
        """The places that there is time for, from top to bottom."""
        steps = round(NEAR_LEAST / min(self.wish.pace, 1.0))
        room = max(1, (self.end - self.first - WHOLE) // steps) if self.goes_near else 0
        return tuple(sorted(self.set.still.points[:room], key=lambda point: point.y))

    def _passing(self) -> tuple[Key, Key]:
        """A slow push over the film, a drift to the side, or a zoom that was asked for."""
        start, end = self._whole(self.first), self._whole(self.end)
        if {"in", "out"} & self.wish.movements:
            most = 1 + (ZOOM - 1) * min(self.wish.pace, 1.2)
            ends = (most, 1.0) if "out" in self.wish.movements else (1.0, most)
            start, end = (
                Look(zoom, look.x, look.y) for zoom, look in zip(ends, (start, end), strict=True)
            )
        return Key(self.first, start), Key(self.end, end)

    def _whole(self, frame: int) -> Look:
        """All of the product; it comes from the right and goes to the left as it turns."""
        middle = self.set.middle
        zoom = 1 + PUSH * self.wish.pace * frame / self.length
        if not self._turns:
            return Look(zoom, middle.x, middle.y)
        reach = DRIFT * self.set.width * min(self.wish.pace, 1.4)
        start = 0.0 if self.is_first else -reach
        end = 0.0 if self.is_last else reach
        share = (frame - self.first) / (self.end - self.first)
        return Look(zoom, middle.x + start + share * (end - start), middle.y)

    @property
    def _turns(self) -> bool:
        alone = self.is_first and self.is_last
        return not alone and (not self.wish.movements or "turn" in self.wish.movements)

    def _panning(self) -> tuple[Key, Key]:
        """Along the product's longer side."""
        middle, aspect = self.set.middle, self.set.still.aspect
        reach = PAN_SHARE * self.set.box_height * max(1.0, aspect)
        x, y = (reach, 0.0) if aspect >= 1 else (0.0, reach)
        return (
            Key(self.first, Look(PAN_ZOOM, middle.x - x, middle.y - y)),
            Key(self.end, Look(PAN_ZOOM * CREEP, middle.x + x, middle.y + y)),
        )

    def _nearing(self, points: Sequence[Point]) -> tuple[tuple[Key, ...], list[tuple[int, str]]]:
        """Whole first, then place by place; at the end of the film whole again if time allows."""
        whole = min(WHOLE, (self.end - self.first) // 3)
        rest = self.end - self.first - whole
        back = self.is_last and rest // (len(points) + 1) >= NEAR_LEAST - 6
        each = rest // (len(points) + back)
        glide = min(round(GLIDE / min(self.wish.pace, 1.2)), each * 2 // 3)
        keys = [Key(self.first, self._whole(self.first))]
        keys.append(Key(self.first + whole, self._whole(self.first + whole), eased=True))
        near = []
        for at, point in enumerate(points):
            begins = self.first + whole + at * each
            look = self.set.near(point)
            ends = self.end if at + 1 == len(points) and not back else begins + each
            keys.append(Key(begins + glide, look))
            keys.append(Key(ends, Look(look.zoom * CREEP, look.x, look.y), eased=True))
            near.append((begins + glide // 2, point.name))
        if back:
            begins = keys[-1].frame
            keys.append(Key(begins + glide, self._whole(self.end)))
            near.append((begins + glide // 2, ""))
        return tuple(keys), near
