"""A user with a key, photos, and workers that work at once."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from PIL import Image

from accounts.operations import create_key
from config.celery import app
from credits.audit import differences
from techpack import operations
from techpack.models import Product

PHOTOS = Path(__file__).resolve().parent.parent / "photos"


def photo(name: str = "polo-navy-front.jpg", *, side: int = 500) -> bytes:
    """A sample photo, made smaller so that a test takes little time."""
    with Image.open(PHOTOS / name) as picture:
        picture.thumbnail((side, side))
        held = io.BytesIO()
        picture.convert("RGB").save(held, "JPEG", quality=92)
    return held.getvalue()


class Api(Client):
    """A client that speaks JSON with a bearer key."""

    def __init__(self, key: str) -> None:
        super().__init__(headers={"authorization": f"Bearer {key}"})

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """One call; ``headers`` by name with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.generic(
            method,
            path,
            b"" if body is None else _json(body),
            content_type="application/json",
            headers=sent,
        )


def _json(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body, default=str).encode()


@pytest.fixture(autouse=True)
def _at_once() -> Iterator[None]:
    """Tasks run where they are published: after the commit, in the same process."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture(autouse=True)
def _nothing_drifts(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test did, the balances are the sums of their entries."""
    touches = "user" in request.fixturenames
    if touches:
        request.getfixturevalue("transactional_db")  # so that this is torn down before it
    yield
    if touches:
        assert differences() == []


def new_user() -> Any:
    return get_user_model().objects.create_user(f"{uuid4().hex}@example.com", "long enough 42")


@pytest.fixture
def user(transactional_db: None) -> Any:
    """A user on the day of sign-up: 18 credits."""
    return new_user()


@pytest.fixture
def api(user: Any) -> Api:
    """The API with a key that may do everything a key may."""
    return Api(create_key(user=user, name="tests")[1])


@pytest.fixture
def stranger(user: Any) -> Api:
    """Somebody else's key."""
    return Api(create_key(user=new_user(), name="tests")[1])


MakeProduct = Callable[..., Product]


@pytest.fixture
def make_product(user: Any) -> MakeProduct:
    """A product with photos by view: ``make_product(front="polo-navy-front.jpg")``."""

    def make(category: str = "tops", subcategory: str = "polo shirt", **views: str) -> Product:
        product = operations.create_product(user=user, name="Pier Polo")
        operations.change_product(
            user=user,
            product_id=product.pk,
            changes={"category": category, "subcategory": subcategory},
        )
        for view_type, name in (views or {"front": "polo-navy-front.jpg"}).items():
            operations.add_revision(
                user=user,
                product_id=product.pk,
                file=photo(name),
                filename=name,
                view_type=view_type,
            )
        return product

    return make
