"""The workspace without scripts: a step that the credits do not reach, and how often it runs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from config.payments import Payments
from core.money import CREDIT
from credits import operations as ledger
from credits import queries as credit
from generation.models import Job
from techpack.models import Product
from tests.techpack.conftest import MakeProduct
from tests.techpack.forms import form_in, panel_in, press

FRONT = "polo-navy-front.jpg"
SEVEN = dict.fromkeys(("detail", "back", "left", "right", "top", "interior", "front"), FRONT)


@pytest.fixture
def visitor(user: Any) -> Client:
    """Signed in, with forms that are checked for forgery as a browser's are."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    return client


def leave(user: Any, amount: int) -> None:
    """Take all but ``amount`` µcr away."""
    left = credit.balance(user).available
    ledger.adjust(user_id=user.pk, amount=amount - left, key=f"left {amount}", reason="a test")


def opened(visitor: Client, product: Product) -> str:
    return visitor.get(reverse("techpack:workspace", args=[product.pk])).content.decode()


def test_a_step_that_the_credits_do_not_reach_says_what_is_missing_at_the_step(
    visitor: Client, user: Any, make_product: MakeProduct
) -> None:
    product = make_product()
    leave(user, 2 * CREDIT + CREDIT // 4)
    answer = press(visitor, opened(visitor, product), "Run 3 credits")
    html = answer.content.decode()
    assert answer.status_code == 402
    panel = panel_in(html)
    assert "You are 0.75 credits short. Nothing was charged." in panel
    assert "“Pier Polo, analysis of 1 view” needs 3.00 credits and you have 2.25 free." in panel
    at = html.index('id="at-analysis"')
    assert at < html.index('role="alert"') < html.index('data-step="close-ups"')
    assert credit.balance(user).available == 2_250_000
    assert not Job.objects.exists()


def test_fewer_views_start_from_the_panel(
    visitor: Client, user: Any, make_product: MakeProduct
) -> None:
    product = make_product(**SEVEN)
    leave(user, 3 * CREDIT + CREDIT // 2)
    refused = press(visitor, opened(visitor, product), "Run 4.20 credits").content.decode()
    assert "Leaves 0.50 free. Nothing to buy." in panel_in(refused)
    started = press(visitor, refused, "Analyse 5 views instead 3 credits")
    assert started.status_code == 302
    job = Job.objects.get(kind="base-views/analyze")
    assert len(job.input["revision_ids"]) == 5
    by_view = {str(row.pk): row.view_type for row in product.revisions.all()}
    assert [by_view[pk] for pk in job.input["revision_ids"]][:2] == ["front", "back"]
    assert 'role="alert"' not in opened(visitor, product)


def test_the_smallest_top_up_that_covers_it_and_the_plan_are_sold_from_there(
    visitor: Client, user: Any, make_product: MakeProduct
) -> None:
    product = make_product()
    leave(user, 2 * CREDIT + CREDIT // 4)
    html = press(visitor, opened(visitor, product), "Run 3 credits").content.decode()
    panel = panel_in(html)
    assert "Top up 50 9 USD" in panel
    assert "Covers the 0.75 missing and leaves 49.25." in panel
    assert "Switch to Pro 29 USD a month" in panel
    assert "After paying you come back here" in panel
    back = f'name="back_to" value="/products/{product.pk}#steps"'
    for field in ('name="topup" value="50"', 'name="interval" value="month"', back):
        assert field in html


def test_where_nothing_is_sold_no_button_leads_to_it(
    visitor: Client, user: Any, make_product: MakeProduct, settings: Any
) -> None:
    settings.PAYMENTS = Payments("off")
    product = make_product()
    leave(user, 2 * CREDIT + CREDIT // 4)
    panel = panel_in(press(visitor, opened(visitor, product), "Run 3 credits").content.decode())
    assert "Nothing is sold here at present." in panel
    assert "Top up 50" not in panel


def test_two_clicks_and_two_tabs_make_one_job(
    visitor: Client, user: Any, make_product: MakeProduct
) -> None:
    product = make_product()
    one_tab, other_tab = opened(visitor, product), opened(visitor, product)
    for tab in (one_tab, one_tab, other_tab):
        assert press(visitor, tab, "Run 3 credits").status_code == 302
    assert Job.objects.filter(kind="base-views/analyze").count() == 1
    assert credit.balance(user).available == 15 * CREDIT


@pytest.mark.parametrize("step", ["category", "analysis"])
def test_two_tabs_at_the_same_moment_make_one_job(
    user: Any, make_product: MakeProduct, step: str
) -> None:
    product = make_product()
    before = Job.objects.count()
    together = Barrier(2, timeout=30)
    address = reverse("techpack:run", args=[product.pk, step])
    tabs = [Client(), Client()]
    for tab in tabs:
        tab.force_login(user)

    def run(tab: Client) -> int:
        together.wait()
        try:
            return int(tab.post(address, {"once": "first"}).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run, tabs)) == [302, 302]
    assert Job.objects.count() == before + 1


def test_a_step_can_run_again_after_it_is_over(
    visitor: Client, user: Any, make_product: MakeProduct
) -> None:
    product = make_product()
    press(visitor, opened(visitor, product), "Run 3 credits")
    press(visitor, opened(visitor, product), "Run again 3 credits")
    assert Job.objects.filter(kind="base-views/analyze").count() == 2


@pytest.mark.parametrize("views", ["0", "-1", "many", "9999", "٣"])
def test_a_made_up_number_of_views_is_no_fault(
    visitor: Client, make_product: MakeProduct, views: str
) -> None:
    product = make_product()
    address, fields = form_in(opened(visitor, product), "Run 3 credits")
    assert visitor.post(address, {**fields, "views": views}).status_code == 302


def test_a_strangers_step_cannot_be_started(
    visitor: Client, make_product: MakeProduct, django_user_model: Any
) -> None:
    product = make_product()
    other = Client()
    other.force_login(django_user_model.objects.create_user("eve@example.com"))
    address = reverse("techpack:run", args=[product.pk, "analysis"])
    assert other.post(address, {"once": "first"}).status_code == 404
    assert visitor.post(address, {"once": "first"}).status_code == 403  # no token
