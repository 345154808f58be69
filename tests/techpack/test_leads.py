"""The button of a notification leads to the step in the product's workspace."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client

from generation.models import Job
from generation.notices import FAILED, PARTLY, REFUSED, SUCCEEDED
from techpack import operations
from techpack.leads import RUN_AT, SEEN_AT, lead_of
from techpack.models import Product
from tests.techpack.conftest import MakeProduct


@pytest.fixture
def product(user: Any) -> Product:
    return operations.create_product(user=user, name="Pier Polo")


def job_of(product: Product, kind: str = "sketches/generate", **given: Any) -> Job:
    """A job that is written nowhere."""
    usual = {"user_id": product.user_id, "kind": kind, "product_id": product.pk}
    return Job(**(usual | {"deadline_at": Now()} | given))


@pytest.mark.parametrize(
    ("kind", "outcome", "place", "label"),
    [
        ("base-views/analyze", SUCCEEDED, "analysis", "Open the result"),
        ("close-ups/generate", SUCCEEDED, "close-ups", "Open the result"),
        ("sketches/generate", SUCCEEDED, "sketches", "Open the result"),
        ("sketches/generate", PARTLY, "steps", "Retry what failed"),
        ("sketches/generate", FAILED, "steps", "Run it again"),
        ("sketches/generate", REFUSED, "steps", "Change what was refused"),
        ("edit", SUCCEEDED, "ask", "Open the result"),
        ("edit", REFUSED, "ask", "Change what was refused"),
        ("regenerate", FAILED, "views", "Run it again"),
        ("base-views/generate", SUCCEEDED, "views", "Open the result"),
        ("base-views/generate", PARTLY, "drafts", "Retry what failed"),
        ("of another room", SUCCEEDED, "steps", "Open the result"),
    ],
)
def test_an_end_leads_where_it_is_seen_or_run_again(
    product: Product, kind: str, outcome: str, place: str, label: str
) -> None:
    lead = lead_of(job_of(product, kind), outcome)
    assert lead is not None
    assert (lead.link, lead.label) == (f"/products/{product.pk}#{place}", label)


@pytest.mark.parametrize("code", ["QUOTA", "CONFIGURATION"])
def test_what_would_fail_again_is_not_offered_again(product: Product, code: str) -> None:
    lead = lead_of(job_of(product, error={"code": code}), FAILED)
    assert lead is not None
    assert lead.label == "Open the product"


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("materials.m_7f3.value", "?ask=materials.m_7f3.value"),
        ("materials.m_连.value", "?ask=materials.m_%E8%BF%9E.value"),
        ("x" * 400, ""),
        ("", ""),
    ],
)
def test_an_edit_leads_to_its_field(product: Product, path: str, query: str) -> None:
    lead = lead_of(job_of(product, "edit", input={"path": path}), REFUSED)
    assert lead is not None
    assert lead.link == f"/products/{product.pk}{query}#ask"
    assert lead.step == "Edit"


def test_a_product_that_is_gone_leads_nowhere(user: Any, product: Product) -> None:
    assert lead_of(job_of(product, product_id=None), SUCCEEDED) is None
    operations.delete_product(user=user, product_id=product.pk)
    assert lead_of(job_of(product), SUCCEEDED) is None


def test_every_place_is_on_the_page(user: Any, make_product: MakeProduct) -> None:
    product = make_product()
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    there = places_on(client, f"/products/{product.pk}")
    # A field that is asked about, and drafts, are there when there is one.
    assert {"steps", *SEEN_AT.values(), *RUN_AT.values()} - {"ask", "drafts"} <= there
    bare = operations.create_product(user=user, name="From words")
    assert "drafts" in places_on(client, f"/products/{bare.pk}")


def places_on(client: Client, path: str) -> set[str]:
    return set(re.findall(r'\bid="([\w-]+)"', client.get(path).content.decode()))
