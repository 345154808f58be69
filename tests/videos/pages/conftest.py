"""A visitor of the pages of films, what the form sends, and what an item says."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from techpack.models import Product
from tests.techpack.conftest import (  # noqa: F401
    MakeProduct,
    _at_once,
    _nothing_drifts,
    _own_media,
    make_product,
    user,
)
from tests.techpack.forms import words_in
from videos.models import Video

PAGE = "/videos"


@pytest.fixture
def visitor(user: Any) -> Client:  # noqa: F811
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    return client


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs stay where they are put: nobody rings a worker."""
    monkeypatch.setattr("generation.operations.ring_worker", lambda job_id: None)


@pytest.fixture
def product(make_product: MakeProduct) -> Product:  # noqa: F811
    return make_product(front="polo-navy-front.jpg", back="polo-navy-back.jpg")


def page(visitor: Client, **query: str) -> str:
    answer = visitor.get(PAGE, query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def wish(product: Product | None, **more: str) -> dict[str, str]:
    """What the form sends beside its hidden fields."""
    usual = {
        "product": str(product.pk) if product else "",
        "movement": "turntable",
        "words": "",
        "seconds": "4",
        "size": "1280x720",
    }
    return {**usual, **more}


def item(html: str, video: Video) -> str:
    """The words of the film's own part of the page."""
    found = re.search(rf'<article[^>]* id="{video.video_id}".*?</article>', html, re.DOTALL)
    assert found, f"{video} is not on the page."
    return words_in(found[0])
