"""The audit trail and the log of operators in a browser."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from generation.models import AICall, Job
from techpack import operations
from techpack.models import Product
from tests.browser.conftest import PASSWORD, assert_looks_right, give_session

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NAME = "Überwurfkapuzenpullover für Großgewachsene 连帽衫" * 4
ENDS: list[dict[str, Any]] = [
    {"status": "completed", "total_tokens": 1834, "cost_usd_micros": 2834},
    {"status": "failed", "error_class": "user_input", "error_code": "PROHIBITED_CONTENT"},
    {"status": "ambiguous", "error_class": "ambiguous"},
    {"status": "pending"},
]


@pytest.fixture
def product(person: User) -> Product:
    """A product with a very long name and a call of each end."""
    made = operations.create_product(user=person, name=NAME[:200])
    now = timezone.now()
    job = Job.objects.create(
        user=person,
        kind="sketches/generate",
        status="succeeded",
        product_id=made.pk,
        deadline_at=now,
        finished_at=now,
    )
    for number, end in enumerate(ENDS):
        AICall.objects.create(
            job=job,
            user=person,
            product_id=made.pk,
            part=f"shot-{number}",
            operation_name="close-ups/describe",
            operation_type="vision",
            provider="openai",
            model_name="gpt-6.1-terra-2027-01-a-very-long-name-of-a-model",
            prompt_version="describe-close-up@1",
            request_id="req_01a21e44738c7d2bc8246514ab12cd34",
            **end,
        )
    return made


def test_the_trail_fits_and_is_accessible(
    quiet: Page, live_server: LiveServer, product: Product
) -> None:
    assert_looks_right(quiet, f"{live_server.url}/products/{product.pk}/audit")
    expect(quiet.get_by_role("row")).to_have_count(len(ENDS) + 1)


def test_an_empty_trail_fits_and_is_accessible(
    quiet: Page, live_server: LiveServer, person: User
) -> None:
    empty = operations.create_product(user=person, name="Pier Polo")
    assert_looks_right(quiet, f"{live_server.url}/products/{empty.pk}/audit")


def test_operators_read_and_save_the_log_though_no_script_may_be_evaluated(
    browser: Any, live_server: LiveServer, product: Product
) -> None:
    operator = User.objects.create_superuser("op@studio.example", PASSWORD)
    # Its own page: the admin's scripts complain of the policy in the console.
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        give_session(page, operator, live_server.url)
        page.goto(f"{live_server.url}/admin/generation/aicall/?status__exact=failed")
        expect(page.locator("#search-input-command")).to_be_hidden()
        rows = page.locator("#result_list tbody tr")
        expect(rows).to_have_count(1)
        rows.get_by_role("checkbox").check()
        page.locator("select[name=action]").select_option("as_csv")
        with page.expect_download() as saved:
            page.locator("button[name=index], button[type=submit][name=index]").first.click()
        assert saved.value.suggested_filename == "ai-operations.csv"
        rows.get_by_role("link").first.click()
        expect(page.get_by_text("PROHIBITED_CONTENT")).to_be_visible()
