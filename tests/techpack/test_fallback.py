"""Who answers a step: decided when it is submitted, and part of what its answer is kept under."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache

from generation import breaker
from generation.errors import Failure
from generation.models import AICall, Breaker, Job
from techpack import queries
from techpack.models import Analysis, Product
from tests.fakes.openai_server import OpenAIServer
from tests.techpack.conftest import Api, MakeProduct

V2 = "/api/tech-pack-v2"
USUAL, OTHER = "openai:gpt-6.1-terra", "custom:second-1"


@pytest.fixture(autouse=True)
def _two_services(openai_vendor: OpenAIServer, settings: Any) -> None:
    cache.clear()
    for name, value in openai_vendor.settings_for("custom").items():
        setattr(settings, name, value)
    settings.ROUTES = {"base-views/analyze": [USUAL, OTHER]}


@pytest.fixture
def polo(make_product: MakeProduct) -> Product:
    """A product with one photo."""
    return make_product()


def analyze(api: Api, product: Product) -> Any:
    ids = [str(row.pk) for row in queries.revisions_of(product)]
    return api.send(
        "POST",
        f"{V2}/base-views/analyze",
        {"productId": str(product.pk), "revisionIds": ids},
    )


def model_of(answer: Any) -> tuple[str, bool]:
    (analysis,) = answer.json()["analyses"]
    return analysis["modelUsed"], analysis["cached"]


def test_while_the_usual_service_is_down_the_next_answers_where_it_may(
    api: Api, user: Any, polo: Product
) -> None:
    breaker.failed("openai", "gpt-6.1-terra", Failure.QUOTA)
    refused = analyze(api, polo)
    assert refused.status_code == 503
    assert 0 < int(refused.headers["Retry-After"]) <= 30

    user.may_fall_back = True
    user.save()
    first, second = model_of(analyze(api, polo)), model_of(analyze(api, polo))
    assert (first, second) == ((OTHER, False), (OTHER, True))
    Breaker.objects.all().delete()
    third, fourth = model_of(analyze(api, polo)), model_of(analyze(api, polo))

    # What the other one saw is not taken for an answer of the usual one.
    assert (third, fourth) == ((USUAL, False), (USUAL, True))
    assert Analysis.objects.values("cache_key").distinct().count() == 2
    assert [row.provider for row in AICall.objects.order_by("pk")] == ["custom", "openai"]


def test_a_job_is_answered_by_whom_it_was_submitted_to(
    api: Api, polo: Product, settings: Any
) -> None:
    answer = analyze(api, polo)

    job = Job.objects.get(pk=answer.json()["jobId"])
    assert job.routes["base-views/analyze"] == USUAL
    assert model_of(answer) == (USUAL, False)
