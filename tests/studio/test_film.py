"""Films of the studio: real files, true to the photos, and labelled for what they are."""

from __future__ import annotations

import re
import tempfile
import tracemalloc
from functools import cache
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from generation.errors import Failure, ProviderError
from generation.providers.filming import video_maker
from generation.providers.protocols import Ask, Brief, Film, View
from generation.providers.studio.film import FilmStudio, lettering, planes
from generation.providers.studio.seen import see
from tests.studio.films import SMALL, asked, frames, lumas, made, opened, view_of

WIDE, TALL = (1280, 720), (720, 1280)
CUE = re.compile(
    r"(\d\d):(\d\d):(\d\d\.\d{3}) --> (\d\d):(\d\d):(\d\d\.\d{3})\n(.+?)(?:\n\n|\n?$)", re.S
)


def polo() -> tuple[View, View]:
    """Both sides; the back was photographed from farther away."""
    return view_of("polo-navy-front", scale=0.6), view_of("polo-navy-back", "back", 0.32)


@cache
def wide_film() -> Film:
    return made(asked(*polo(), size=WIDE))


@cache
def small_film() -> Film:
    return made(asked(*polo()))


def cues(film: Film) -> list[tuple[float, float, str]]:
    """Start and end in seconds, and the words."""
    found = [
        (*(int(h) * 3600 + int(m) * 60 + float(s) for h, m, s in (cue[:3], cue[3:6])), cue[6])
        for cue in CUE.findall(film.captions)
    ]
    return [(start, end, words) for start, end, words in found]


# -- the file ------------------------------------------------------------------------------


def boxes(data: bytes) -> list[str]:
    """The names of an MP4's outermost boxes, in order."""
    names, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        names.append(data[at + 4 : at + 8].decode("ascii"))
        at += length if length > 1 else int.from_bytes(data[at + 8 : at + 16], "big")
    return names


def is_a_film(film: Film, size: tuple[int, int], seconds: int) -> None:
    file, shown = opened(film)
    stream = file.streams.video[0]
    assert len(file.streams) == 1
    assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
    assert (stream.width, stream.height) == size
    assert float(stream.average_rate) == 25
    assert len(shown) == seconds * 25
    assert file.duration / 1_000_000 == pytest.approx(seconds, abs=0.001)
    names = boxes(film.data)
    assert names.index("moov") < names.index("mdat")


def test_a_film_is_h264_in_an_mp4_that_plays_before_it_has_all_come() -> None:
    is_a_film(wide_film(), WIDE, 4)
    context = opened(wide_film())[0].streams.video[0].codec_context
    assert (context.colorspace, context.color_range) == (1, 1)  # BT.709, video range


@pytest.mark.thorough
def test_a_tall_film_is_one_too() -> None:
    is_a_film(made(asked(view_of("mug-black"), size=TALL, title="Mug")), TALL, 4)


@pytest.mark.thorough
@pytest.mark.parametrize("seconds", [8, 12])
def test_longer_films_are_as_long_as_asked(seconds: int) -> None:
    is_a_film(made(asked(*polo(), seconds=seconds)), SMALL, seconds)


@pytest.mark.thorough
def test_the_same_photos_and_words_give_the_same_film() -> None:
    again = made(asked(*polo()))
    assert again == small_film()


def test_a_poster_shows_the_front_whole_and_alone() -> None:
    film = wide_film()
    poster = cv2.imdecode(np.frombuffer(film.poster, np.uint8), cv2.IMREAD_COLOR)
    assert poster is not None
    assert poster.shape == (720, 1280, 3)
    gray = planes.planes_of(np.asarray(poster, np.uint8)).y
    gaps = [float(cv2.absdiff(gray, luma).mean()) for luma in lumas(film)]
    best = int(np.argmin(gaps))
    assert gaps[best] < 2
    assert best < 43  # before the back comes in
    assert product_rows(np.asarray(poster, np.uint8))[0] > 10


# -- what is shown -------------------------------------------------------------------------


def product_rows(frame: NDArray[np.uint8]) -> tuple[int, int]:
    """First and last row of a dark product above the strip."""
    stage = frame[: round(frame.shape[0] * 0.86)]
    rows = np.flatnonzero((stage.max(axis=2) < 110).sum(axis=1) > 2)
    return int(rows[0]), int(rows[-1])


def test_the_product_is_equally_high_in_every_view() -> None:
    front, back = polo()
    boxes_of = [np.ptp(np.flatnonzero(see(v).outline.mask.any(axis=1))) for v in (front, back)]
    assert max(boxes_of) > 1.8 * min(boxes_of)  # not so on the photos
    first, last = frames(wide_film(), (40, 59))
    heights = [np.ptp(product_rows(frame)) for frame in (first, last)]
    assert heights[0] == pytest.approx(heights[1], rel=0.025)
    still = frames(made(asked(front, back, prompt="still", size=WIDE)), (10, 90))
    heights = [np.ptp(product_rows(frame)) for frame in still]
    assert heights[0] == pytest.approx(heights[1], rel=0.01)


def test_colours_are_those_of_the_photo() -> None:
    seen = see(polo()[0])
    core = cv2.erode(seen.outline.mask.astype(np.uint8), np.ones((15, 15))) > 0
    on_photo = seen.photo.bgr[core].mean(axis=0)
    frame = frames(wide_film(), (5,))[0]
    top, foot = product_rows(frame)
    x, width = 640, 90
    patch = frame[top + 150 : foot - 40, x - width : x + width].reshape(-1, 3)
    assert np.abs(np.median(patch, axis=0) - np.median(seen.photo.bgr[core], axis=0)).max() < 9
    assert on_photo[0] > on_photo[2]


def test_colour_survives_the_way_into_a_film_and_back() -> None:
    swatches = np.random.default_rng(1).integers(0, 256, (6, 8, 3))
    picture = swatches.repeat(10, axis=0).repeat(10, axis=1).astype(np.uint8)
    back = planes.picture_of(planes.planes_of(picture))
    middle = np.s_[4::10, 4::10]
    assert np.abs(back[middle].astype(int) - picture[middle]).max() <= 4


def test_the_product_is_lifted_off_its_background_onto_paper() -> None:
    brown = frames(made(asked(view_of("skirt-denim-flatlay"), title="Skirt", size=SMALL)), (0,))[0]
    corners = np.concatenate([brown[4:12, 4:40], brown[4:12, -40:-4]]).reshape(-1, 3)
    assert corners.min() > 185
    assert np.ptp(corners.mean(axis=0)) < 12  # neutral


def test_an_outline_that_cannot_be_relied_on_shows_the_whole_photo() -> None:
    film = made(asked(view_of("jeans-blue-on-model", scale=0.4), title="Jeans"))
    shown = frames(film, (0,))[0]
    middle = shown[20:140, 120:200]
    photo = cv2.imdecode(np.frombuffer(view_of("jeans-blue-on-model", scale=0.4).data, np.uint8), 1)
    assert photo is not None
    assert abs(float(middle.mean()) - float(photo.mean())) < 25  # its dark wall is there
    assert "The whole photo, as it was taken" in film.captions


def test_views_come_in_the_order_of_a_turn() -> None:
    turned = [
        view_of("slipon-blue-top", "top", 0.3),
        view_of("slipon-blue-heel", "back", 0.3),
        view_of("slipon-blue-side", "side", 0.3),
        view_of("slipon-blue-threequarter", "front", 0.3),
    ]
    film = made(asked(*turned, seconds=8, title="Slip-on", brief=Brief(category="footwear")))
    said = [words.splitlines()[0] for _, _, words in cues(film)]
    assert said == ["Slip-on. Front.", "Side.", "Back.", "From above."]


def test_a_cross_fade_leads_from_one_view_to_the_next() -> None:
    """Between the two, and nowhere else, a frame is a mixture of both."""
    stage = [luma[:150].astype(int) for luma in lumas(made(asked(*polo(), prompt="still")))]
    changes = [float(np.abs(b - a).mean()) for a, b in pairwise(stage)]
    moving = [at for at, change in enumerate(changes) if change > 0.6]
    assert moving
    assert moving[-1] - moving[0] <= 15
    middle = stage[(moving[0] + moving[-1]) // 2 + 1]
    half = (stage[10] + stage[-10]) / 2
    assert np.abs(middle - half).mean() < 0.25 * np.abs(stage[10] - stage[-10]).mean()


# -- the words on it -----------------------------------------------------------------------


def dark_in_label(luma: NDArray[np.uint8]) -> int:
    """Dark pixels where the label stands."""
    height, width = luma.shape
    return int((luma[round(height * 0.885) :, round(width * 0.705) :] < 150).sum())


def test_the_label_is_on_every_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = [dark_in_label(luma) for luma in lumas(wide_film())]
    assert min(counts) > 600
    assert max(counts) < 1.1 * min(counts)
    monkeypatch.setattr(lettering, "LABEL", "")
    without = lumas(made(asked(*polo())))[0]
    assert dark_in_label(without) == 0  # what was counted is the label


def test_the_label_says_that_it_is_no_3d() -> None:
    assert lettering.LABEL == "Still-photo presentation, not 3D"
    assert small_film().captions.count(lettering.LABEL) >= 2


@pytest.mark.parametrize("seconds", [4, 12])
def test_captions_say_what_is_on_screen_at_times_inside_the_film(seconds: int) -> None:
    film = made(asked(*polo(), seconds=seconds))
    assert film.captions.startswith("WEBVTT\n\n")
    said = cues(film)
    assert said[0][0] == 0
    assert said[-1][1] == seconds
    assert all(start < end for start, end, _ in said)
    assert all(one[1] == two[0] for one, two in pairwise(said))
    assert said[0][2].startswith("Pier Polo. Front.")
    assert any(words.startswith("Back.") for _, _, words in said)


def test_a_title_cannot_write_captions_of_its_own() -> None:
    title = "A --> B <b>\n\n00:00:01.000 --> 00:00:02.000\nfalse"
    film = made(asked(polo()[0], title=title))
    assert len(cues(film)) == len(cues(made(asked(polo()[0]))))
    assert "<b>" not in film.captions


def strip_of(title: str) -> NDArray[np.uint8]:
    strip = lettering.Strip(1280, 92, is_tall=False, unit=1.0)
    shown = strip.planes(lettering.printable(title), "Front", lettering.Inks())
    return shown.y[6:, :590]


def test_chinese_and_cyrillic_titles_are_drawn_and_what_no_font_has_is_left_out() -> None:
    assert lettering.printable("Tee 帆布鞋 かばん Шапка") == "Tee 帆布鞋 かばん Шапка"
    assert lettering.printable("Bag 가방 🙂 2") == "Bag 2"
    assert lettering.printable(" 가방\u202e ") == ""
    drawn = [strip_of(title) for title in ("帆布", "布帆", "帆帆")]
    assert all((one != two).any() for one, two in pairwise(drawn))  # no two alike, so no boxes
    assert strip_of("가방").min() > 200


@pytest.mark.parametrize("title", ["W" * 300, "帆" * 120, "A very long name of a product " * 6])
def test_a_long_title_stays_in_its_place(title: str) -> None:
    assert strip_of(title)[:, 580:].min() > 200
    assert strip_of(title)[:, :560].min() < 60


# -- while it is made ----------------------------------------------------------------------


def test_progress_is_told_in_many_steps_that_only_rise() -> None:
    said: list[tuple[int, str]] = []
    FilmStudio().create(asked(*polo()), ask=Ask(""), told=lambda *step: said.append(step))
    percents = [percent for percent, _ in said]
    assert len(set(percents)) >= 20
    assert percents == sorted(percents)
    assert 0 < percents[0] <= percents[-1] <= 100
    assert max(b - a for a, b in pairwise(percents)) <= 10
    assert all(words for _, words in said)


class Stop(Exception):
    """What a canceled job raises."""


@pytest.mark.parametrize("at", [0, 15, 60, 97])
def test_whoever_is_told_can_stop_it(
    at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    heard: list[int] = []

    def told(percent: int, words: str) -> None:
        heard.append(percent)
        if percent >= at:
            raise Stop

    with pytest.raises(Stop):
        FilmStudio().create(asked(*polo()), ask=Ask(""), told=told)
    assert len([percent for percent in heard if percent >= at]) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_long_film_takes_no_more_memory_than_a_short_one() -> None:
    peaks = []
    for seconds in (4, 12):
        wanted = asked(*polo(), seconds=seconds)
        tracemalloc.start()
        made(wanted)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


# -- what it will not do -------------------------------------------------------------------


def test_without_photos_there_is_nothing_to_film() -> None:
    with pytest.raises(ProviderError) as caught:
        made(asked())
    assert (caught.value.failure, caught.value.code) == (Failure.USER_INPUT, "invalid_request")
    assert "Choose a product with photos" in caught.value.words
    assert "Nothing was charged" in caught.value.words


def test_a_file_that_is_no_picture_is_said_to_be_none() -> None:
    with pytest.raises(ProviderError) as caught:
        made(asked(View("1", "front", b"not a picture", 10, 10)))
    assert (caught.value.failure, caught.value.code) == (Failure.USER_INPUT, "invalid_request")
    assert "cannot be read" in caught.value.words


def test_a_finished_film_is_not_looked_for() -> None:
    maker = video_maker("studio")
    assert maker.name == "studio"
    assert maker.is_resubmittable
    for ask in (maker.look, maker.fetch, maker.cancel):
        with pytest.raises(ProviderError) as caught:
            ask("x", timeout_s=1)
        assert "keeps no films" in caught.value.words
