"""A step that the credits do not reach: what it names, and what comes of following it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from prometheus_client import REGISTRY

from accounts.operations import create_key
from core.models import Event
from core.money import CREDIT
from credits import operations as ledger
from credits import queries as credit
from credits.models import Account, Refusal
from generation.models import Job
from techpack import queries
from techpack.models import Product
from tests.techpack.conftest import Api, MakeProduct, photo

V2 = "/api/tech-pack-v2"
ANALYZE = f"{V2}/base-views/analyze"
FRONT = "polo-navy-front.jpg"
SEVEN = dict.fromkeys(("front", "back", "left", "right", "top", "interior", "detail"), FRONT)


def leave(user: Any, amount: int) -> None:
    """Take all but ``amount`` µcr away."""
    left = credit.balance(user).available
    ledger.adjust(user_id=user.pk, amount=amount - left, key=f"left {amount}", reason="a test")


def asked(product: Product, *, views: int | None = None) -> dict[str, Any]:
    ids = [str(row.pk) for row in queries.revisions_of(product)]
    return {"productId": str(product.pk), "revisionIds": ids[:views]}


def refused(api: Api, path: str, body: Any) -> dict[str, Any]:
    answer = api.send("POST", path, body)
    assert answer.status_code == 402, answer.content
    return dict(answer.json()["error"])


def test_following_a_suggestion_works_and_the_metrics_move(
    api: Api, user: Any, make_product: MakeProduct
) -> None:
    product = make_product(**SEVEN)
    leave(user, 3_700_000)
    label = {"model": "base-views/analyze"}
    failures = REGISTRY.get_sample_value("credit_reservation_failures_total", label) or 0
    short = REGISTRY.get_sample_value("credit_shortfall_distribution_count") or 0

    error = refused(api, ANALYZE, asked(product))
    assert error["suggestions"][:3] == [
        "Analyse 5 views instead (3 credits)",
        "Analyse 6 views instead (3.60 credits)",
        "Add 0.50 credits or more to your account",
    ]
    assert not Job.objects.filter(kind="base-views/analyze").exists()

    most = max(option["views"] for option in error["context"]["options"] if "views" in option)
    assert api.send("POST", ANALYZE, asked(product, views=most)).status_code == 200

    scraped = Client().get("/metrics", REMOTE_ADDR="127.0.0.1").content.decode()
    now = dict(re.findall(r"^(credit_[^ ]+) ([\d.e+-]+)$", scraped, re.MULTILINE))
    name = 'credit_reservation_failures_total{model="base-views/analyze"}'
    assert float(now[name]) == failures + 1
    assert float(now["credit_shortfall_distribution_count"]) == short + 1
    assert float(now["credit_reservation_retry_success_rate"]) == 1
    assert Refusal.objects.get().shortfall == 500_000


def test_views_that_are_new_cost_less_than_all_of_them(
    api: Api, user: Any, make_product: MakeProduct
) -> None:
    product = make_product(front=FRONT, back="polo-navy-back.jpg")
    assert api.send("POST", ANALYZE, asked(product)).status_code == 200
    for view in ("left", "right", "top", "interior"):
        api.post(
            f"/api/products/{product.pk}/revisions",
            {"image": SimpleUploadedFile(f"{view}.jpg", other_photo(view)), "viewType": view},
        )
    leave(user, 3 * CREDIT)

    error = refused(api, ANALYZE, asked(product))

    option = error["context"]["options"][0]
    assert (option["kind"], option["label"]) == ("new_views", "Analyse only the 4 that are new")
    assert (option["credits"], option["leaves"]) == (3, 0)
    body = {"productId": str(product.pk), "revisionIds": option["revision_ids"]}
    answer = api.send("POST", ANALYZE, body).json()
    assert [row["cached"] for row in answer["analyses"]] == [False] * 4


def other_photo(view: str) -> bytes:
    """Another picture for each view: the same one would be known already."""
    sides = {"left": 470, "right": 480, "top": 490, "interior": 460}
    return photo(FRONT, side=sides[view])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"revisionIds": "many"},
        {"revisionIds": list(range(8))},
        {"productId": "x", "revisionIds": ["y"] * 8},
        {"productId": "01890000-0000-7000-8000-000000000000", "revisionIds": ["y"] * 8},
    ],
)
def test_input_that_nobody_has_checked_yet_does_no_harm(api: Api, user: Any, body: Any) -> None:
    leave(user, CREDIT)
    assert refused(api, ANALYZE, body)["code"] == "INSUFFICIENT_CREDITS"


def test_on_free_the_plan_that_includes_it_is_named(api: Api, user: Any) -> None:
    leave(user, CREDIT)
    error = refused(api, f"{V2}/sketches/generate", {})
    assert error["suggestions"][1] == (
        "Switch to Pro for 29 USD a month: this operation is included, and 200 credits a month"
    )
    assert error["context"]["requested_model"] == "sketches/generate"


def test_beyond_fair_use_the_plan_says_so(api: Api, user: Any) -> None:
    Account.objects.filter(user=user).update(plan="pro")
    leave(user, CREDIT)
    today = credit.account_of(user).cycle_started_at.date()
    Account.objects.filter(user=user).update(fair_use_day=today, fair_use_count=500)
    error = refused(api, f"{V2}/sketches/generate", {})
    assert error["context"]["fair_use"] == {"used": 500, "limit": 500}
    assert [option["kind"] for option in error["context"]["options"]] == ["wait", "topup"]


def test_a_keys_monthly_cap_holds_for_steps(user: Any, make_product: MakeProduct) -> None:
    product = make_product()
    key, secret = create_key(user=user, name="small", monthly_cap=5 * CREDIT)
    api = Api(secret)
    assert api.send("POST", ANALYZE, asked(product)).json()["creditsUsed"] == 3
    error = refused(api, f"{V2}/sketches/generate", {})
    assert error["message"].startswith("This key's monthly cap of 5 credits leaves 2")
    assert error["suggestions"][0] == "Raise the monthly cap of this key"
    assert error["context"]["key_cap"] == {"cap": 5, "used": 3}
    assert error["context"]["options"][0]["leaves"] == 12
    key.monthly_cap = 6 * CREDIT
    key.save()
    assert api.send("POST", f"{V2}/sketches/generate", {}).status_code == 400


def test_the_statement_says_in_words_what_was_held_for(api: Api, make_product: MakeProduct) -> None:
    product = make_product(front=FRONT, back="polo-navy-back.jpg")
    api.send("POST", ANALYZE, asked(product))
    line = api.send("GET", "/api/credits/statement").json()["results"][0]
    assert (line["operation"], line["reason"]) == ("base-views/analyze", "2 views")
    browser = Client()
    browser.force_login(product.user)
    page = re.sub(r"\s+", " ", browser.get("/credits").content.decode())
    assert "Analysis<br><small>Pier Polo, 2 views</small>" in page


def test_pages_hear_of_every_change_of_the_balance(
    api: Api, user: Any, make_product: MakeProduct
) -> None:
    api.send("POST", ANALYZE, asked(make_product()))
    told = Event.objects.filter(user_id=user.pk, type="credits.changed").order_by("sequence")
    assert [event.data for event in told][-2:] == [
        {"available": "15", "held": "3", "debt": "0"},
        {"available": "15", "held": "0", "debt": "0"},
    ]
    balance = Client()
    balance.force_login(user)
    assert "15.00" in balance.get("/credits/balance").content.decode()


def test_a_job_that_ends_warns_of_the_months_credits(
    api: Api, user: Any, make_product: MakeProduct
) -> None:
    product = make_product()
    leave(user, 10 * CREDIT)
    api.send("POST", ANALYZE, asked(product))
    assert api.get("/api/credits/budget").json()["warned"] == ["50"]


def test_a_warning_that_fails_fails_no_job(
    api: Api, user: Any, make_product: MakeProduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*, user: Any) -> Any:
        raise RuntimeError("no inbox")

    monkeypatch.setattr("credits.budget.due", fails)
    answer = api.send("POST", ANALYZE, asked(make_product()))
    assert (answer.status_code, answer.json()["creditsUsed"]) == (200, 3)
