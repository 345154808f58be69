"""What tests of films in a browser share: looking at one."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

from videos.models import Video

MADE_WITHIN_S = 300


def item(page: Page, video: Video) -> Locator:
    return page.locator(f"#{video.video_id}")


def plays(film: Locator) -> bool:
    """Whether it runs: the browser has its pictures, and its time goes on."""
    film.evaluate("film => { film.muted = true; return film.play(); }")
    # One that ended before anybody looked has nothing ahead of it any more.
    seen = "film => (film.readyState >= 3 || film.ended) && film.currentTime > 0.1"
    film.page.wait_for_function(seen, arg=film.element_handle())
    return bool(film.evaluate("film => film.videoWidth > 0 && !film.error"))
