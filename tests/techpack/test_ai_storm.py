"""Many steps through a storm of failures: what was bought, charged and told always adds up."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache

from core.money import CREDIT
from credits import operations as ledger
from credits import queries as credit
from credits.models import Hold
from generation import asking
from generation.models import AICall, Breaker, ContentRefusal, Job
from notifications.models import Notification
from techpack.models import Product
from tests.fakes.openai_script import answers_well
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.vendor import Behaviour, Exchange
from tests.techpack.conftest import Api, MakeProduct
from tests.techpack.failing import FAILURES, STEPS, V2, Step, check_bought

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
# A minute's silence in each, or a service that stays away, would only make this slow.
LEFT_OUT = ("no answer in time", "nobody listens")
TROUBLES = {name: kinds for name, kinds in FAILURES.items() if name not in LEFT_OUT}
STEPS_RUN = 15


def stormy(chance: random.Random) -> Behaviour:
    """A vendor that fails every other time, in any of its ways."""

    def behave(exchange: Exchange) -> None:
        draws = exchange.asked.operation.startswith("images/")
        name = chance.choice(list(TROUBLES))
        failure = TROUBLES[name][1 if draws else 0]
        is_odd = exchange.asked.operation == "edit" and name.startswith(("no product", "model dec"))
        if failure is None or is_odd or chance.random() < 0.5:
            answers_well(exchange)
        else:
            failure(exchange)

    return behave


@pytest.mark.parametrize("seed", [1, 2])
def test_after_a_storm_everything_adds_up(
    seed: int,
    api: Api,
    user: Any,
    make_product: MakeProduct,
    openai_vendor: OpenAIServer,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "FIRST_WAIT_S", 0.001)
    cache.clear()
    chance = random.Random(seed)
    ledger.adjust(user_id=user.pk, amount=500 * CREDIT, key="rich", reason="a long day")
    product = make_product(front="polo-navy-front.jpg", back="polo-navy-back.jpg")
    weather = random.Random(seed + 100)
    run = _runner(api, product)
    assert run(STEPS["analysis"]) == 200
    openai_vendor.always(stormy(weather))

    statuses = []
    for _ in range(STEPS_RUN):
        statuses.append(run(chance.choice(list(STEPS.values()))))
        if chance.random() < 0.3:
            statuses.append(_retry_something(api, user, chance))
        Breaker.objects.all().delete()

    # 400: an edit that a model answered in no usable way; 503: one failure opened the breaker.
    assert set(statuses) <= {200, 400, 409, 500, 503}, statuses
    assert {200, 500} <= set(statuses)
    check_all(user, openai_vendor)


def _runner(api: Api, product: Product) -> Callable[[Step], int]:
    def run(step: Step) -> int:
        body = step.body(product)
        if step.path == "base-views/analyze":
            body.pop("category", None)
        return int(api.send("POST", f"{V2}/{step.path}", body).status_code)

    return run


def _retry_something(api: Api, user: Any, chance: random.Random) -> int:
    failed = list(Job.objects.filter(user=user).exclude(status="succeeded").order_by("pk"))
    if not failed:
        return 200
    return int(api.send("POST", f"/api/jobs/{chance.choice(failed).pk}/retry").status_code)


def check_all(user: Any, vendor: OpenAIServer) -> None:
    """Every job ended, every hold closed, each told once; what was sold is what we logged."""
    jobs = list(Job.objects.filter(user=user).select_related("hold"))
    assert all(job.is_final for job in jobs)
    assert not Hold.objects.filter(state="open").exists()
    assert credit.balance(user).held == 0
    calls = AICall.objects.filter(job__in=jobs)
    assert not calls.filter(status=AICall.Status.PENDING).exists()
    check_bought(list(calls.exclude(provider="studio")), vendor.bought)
    for job in jobs:
        check_job(job)
    refusals = ContentRefusal.objects.filter(user=user).order_by("at", "pk")
    for number, refusal in enumerate(refusals, start=1):
        assert (refusal.charged > 0) == (number > 3)
        assert refusal.charged <= refusal.job.price // 2


def check_job(job: Job) -> None:
    """It was charged for what it has, and its user heard of it once."""
    captured = job.hold.captured if job.hold else 0
    result, error = job.result or {}, job.error or {}
    if job.status == Job.Status.PARTLY_SUCCEEDED:
        assert result["failed"]
        assert captured + result["left"] <= job.price
    elif job.status == Job.Status.FAILED:
        assert float(error["context"]["charged"]) * CREDIT == captured
        assert error["code"] == "CONTENT_REFUSED" or captured == 0
    else:
        assert captured <= job.price
    told = Notification.objects.filter(context__jobId=str(job.pk)).count()
    # What was known already is answered at once, and free steps are told by their answer alone.
    assert told == (1 if job.hold_id and job.attempts else 0), (job.kind, job.status, told)
    part_retries = job.retries.exclude(status__in=["failed", "canceled"])
    assert part_retries.count() <= 1
