"""The demo account has a film that plays, made once."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import User
from techpack import demo, operations
from tests.techpack.conftest import PHOTOS
from videos.demo import STYLE_NO, make_video


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody rings a worker: the demo works by itself."""
    monkeypatch.setattr("generation.operations.ring_worker", lambda job_id: None)


def test_one_of_its_products_is_filmed_once_by_the_studio(
    user: Any, queued: None, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    sample = next(one for one in demo.SAMPLES if one.style_no == STYLE_NO)
    product = operations.create_product(user=user, name=sample.name)
    assert make_video(user, product) is None
    product = operations.change_product(
        user=user, product_id=product.pk, changes={"style_no": STYLE_NO}
    )
    view_type, file = sample.photos[0]
    operations.add_revision(
        user=user,
        product_id=product.pk,
        file=(PHOTOS / file).read_bytes(),
        filename=file,
        view_type=view_type,
    )
    made = make_video(user, product)
    assert made is not None
    video, is_new = made
    assert (video.status, video.provider, is_new) == ("completed", "studio", True)
    assert make_video(user, product) == (video, False)


@pytest.fixture
def _no_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """The samples take minutes, and are looked at elsewhere."""
    monkeypatch.setattr(demo, "SAMPLES", ())


def password_said(capsys: pytest.CaptureFixture[str]) -> str:
    call_command("seed_demo")
    return capsys.readouterr().out.split()[-1]


@pytest.mark.usefixtures("_no_products")
def test_while_developing_the_demo_has_the_password_that_everybody_knows(
    transactional_db: None, capsys: pytest.CaptureFixture[str], settings: Any
) -> None:
    settings.IS_RELAXED = True
    assert [password_said(capsys), password_said(capsys)] == [demo.PASSWORD] * 2
    assert User.objects.get(email=demo.EMAIL).check_password(demo.PASSWORD)


@pytest.mark.usefixtures("_no_products")
def test_elsewhere_it_has_one_that_is_printed_and_new_each_time(
    transactional_db: None, capsys: pytest.CaptureFixture[str], settings: Any
) -> None:
    settings.IS_RELAXED = False
    first, second = password_said(capsys), password_said(capsys)
    assert len({first, second, demo.PASSWORD}) == 3
    user = User.objects.get(email=demo.EMAIL)
    assert user.check_password(second)
    assert not user.check_password(first)
    assert not user.check_password(demo.PASSWORD)
