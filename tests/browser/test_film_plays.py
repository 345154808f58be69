"""From three real photos to a film that plays: through the pages, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from notifications.models import Notification
from techpack.models import Product
from tests.browser.conftest import give_session
from tests.browser.films import MADE_WITHIN_S, item, plays
from tests.browser.shop import follow
from videos.models import Video

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_three_photos_become_a_film_that_plays_and_can_be_saved(
    page: Page,
    streaming: str,
    person: User,
    slip_on: Product,
    worker: Callable[[], None],
    tmp_path: Path,
) -> None:
    give_session(page, person, streaming)
    follow(page, f"{streaming}/products/{slip_on.pk}")
    with page.expect_response("**/api/events*"):
        page.get_by_role("link", name="Make a video").click()
    form = page.get_by_role("region", name="New video")
    expect(form.get_by_label("Product")).to_have_value(str(slip_on.pk))
    form.get_by_role("radio", name="Side").check()
    form.get_by_label("What should it show?").fill("Pale backdrop, soft light from the left")
    button = form.get_by_role("button", name="Make it")
    form.get_by_role("radio", name="8 s").check()
    expect(button).to_contain_text("4 credits")
    form.get_by_role("radio", name="4 s").check()
    expect(button).to_contain_text("2 credits")
    expect(form.get_by_label("What should it show?")).to_have_value(
        "Pale backdrop, soft light from the left"
    )
    with page.expect_response("**/api/events*"):
        button.click()
    video = Video.objects.get()
    mine = item(page, video)
    expect(mine).to_contain_text("Queued")
    expect(mine).to_contain_text("2.00 credits held.")
    page.evaluate("window.isSame = true")
    worker()
    expect(mine).to_have_attribute("data-state", "running", timeout=MADE_WITHIN_S * 1000)
    expect(mine.get_by_role("progressbar")).to_be_visible()
    expect(mine).to_contain_text("Done, 2.00 charged", timeout=MADE_WITHIN_S * 1000)
    expect(page.locator("#balance")).to_have_accessible_name("16.00 credits free")
    assert plays(mine.locator("video"))
    assert page.evaluate("window.isSame") is True
    assert not Notification.objects.filter(user=person).exists()  # the page showed it
    with page.expect_download() as saved:
        mine.get_by_role("link", name="Turntable as MP4").click()
    assert saved.value.suggested_filename == "deck-slip-on-turntable.mp4"
    saved.value.save_as(tmp_path / "film.mp4")
    with av.open(tmp_path / "film.mp4") as film:
        stream = film.streams.video[0]
        assert (stream.width, stream.height, stream.codec.name) == (1280, 720, "h264")
        assert film.duration == 4_000_000
