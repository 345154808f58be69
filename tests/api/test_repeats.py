"""Idempotency keys and limits, through real endpoints."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.operations import create_key
from core.idempotency import KEPT, OPEN_AT_MOST
from core.models import IdempotencyRecord
from core.money import CREDIT
from core.tasks import forget_answers
from credits import operations as ledger
from credits.models import Lot
from generation.models import Job
from generation.tasks import run_job
from techpack.models import Product, Revision
from tests.api.contract import Contract
from tests.api.world import signed_in
from tests.techpack.conftest import MakeProduct, new_user, photo

DETECT = "/api/tech-pack-v2/category/detect"
ANALYZE = "/api/tech-pack-v2/base-views/analyze"


def make(api: Contract, name: str = "Pier Polo", key: str = "once") -> Any:
    return api.send("POST", "/api/products", {"name": name}, Idempotency_Key=key)


def test_the_same_key_and_body_give_the_same_answer_once_done(api: Contract) -> None:
    first, again = make(api), make(api)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert Product.objects.count() == 1


def test_the_order_of_names_in_a_body_is_no_difference(api: Contract) -> None:
    for body in (b'{"name": "a", "description": "b"}', b'{"description":"b","name":"a"}'):
        answer = api.send("POST", "/api/products", body, Idempotency_Key="once")
        assert answer.status_code == 201
    assert Product.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(api: Contract) -> None:
    make(api)
    reused = make(api, name="Another")
    assert (reused.status_code, reused.json()["error"]["type"]) == (422, "idempotency_key_reused")
    assert Product.objects.count() == 1


def test_a_key_counts_per_account_and_path(api: Contract, make_product: MakeProduct) -> None:
    product = make_product()
    other = Contract(create_key(user=new_user(), name="tests")[1])
    assert make(api).status_code == make(other).status_code == 201
    body = {"operation": "category/detect"}
    quoted = api.send("POST", "/api/credits/quote", body, Idempotency_Key="once")
    assert quoted.status_code == 200
    restored = api.send("POST", f"/api/products/{product.pk}/restore", Idempotency_Key="once")
    assert restored.status_code == 404
    assert Product.objects.count() == 3


def test_while_the_first_call_is_open_another_is_409(api: Contract) -> None:
    make(api)
    later = timezone.now() + OPEN_AT_MOST
    IdempotencyRecord.objects.update(status=None, body=None, open_until=later)
    answer = make(api)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (409, "IN_PROGRESS")


def test_a_key_whose_first_call_died_is_taken_over(api: Contract) -> None:
    make(api)
    IdempotencyRecord.objects.update(status=None, body=None, open_until=timezone.now())
    assert make(api).status_code == 201


def test_answers_are_forgotten_after_two_days(api: Contract) -> None:
    for key in ("old", "new"):
        make(api, key=key)
    longer_ago = timezone.now() - KEPT - timedelta(minutes=1)
    IdempotencyRecord.objects.filter(key="old").update(created_at=longer_ago)
    assert forget_answers() == 1
    assert IdempotencyRecord.objects.get().key == "new"
    assert make(api, key="new").headers["Idempotency-Replayed"] == "true"


def test_after_two_days_a_key_is_free_for_another_job(
    api: Contract, make_product: MakeProduct
) -> None:
    made = [make_product(), make_product()]
    first, second = (_asked_of(api, product, "weekly") for product in made[:1] * 2)
    assert second.headers["Idempotency-Replayed"] == "true"
    longer_ago = timezone.now() - KEPT - timedelta(minutes=1)
    IdempotencyRecord.objects.update(created_at=longer_ago)
    Job.objects.update(created_at=longer_ago)
    other = _asked_of(api, made[1], "weekly")
    assert other.json()["jobId"] != first.json()["jobId"]
    assert Job.objects.get(pk=other.json()["jobId"]).product_id == made[1].pk


def test_long_keys_that_differ_at_their_end_are_two(
    api: Contract, make_product: MakeProduct
) -> None:
    product, long = make_product(), "x" * 254
    answers = [_asked_of(api, product, key) for key in (f"{long}1", f"{long}2", f"{long}1")]
    assert len({answer.json()["jobId"] for answer in answers}) == 2
    assert answers[0].json() == answers[2].json()


def _asked_of(api: Contract, product: Product, key: str) -> Any:
    answer = api.send("POST", DETECT, {"productId": str(product.pk)}, Idempotency_Key=key)
    assert answer.status_code == 200
    return answer


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\tkey"])
def test_an_unusable_key_is_400(api: Contract, key: str) -> None:
    assert make(api, key=key).status_code == 400
    assert Product.objects.count() == 0


def test_uploads_are_told_apart_by_their_bytes(api: Contract, make_product: MakeProduct) -> None:
    product = make_product()
    address = f"/api/products/{product.pk}/revisions"

    def send(name: str) -> Any:
        image = SimpleUploadedFile("a.jpg", photo(name), content_type="image/jpeg")
        return api.post(address, {"image": image}, headers={"Idempotency-Key": "up"})

    first = send("polo-navy-back.jpg")
    again = send("polo-navy-back.jpg")
    other = send("mug-black.jpg")
    assert [first.status_code, again.status_code, other.status_code] == [201, 201, 422]
    assert first.json()["id"] == again.json()["id"]
    assert Revision.objects.filter(product=product).count() == 2


def test_a_refusal_before_the_hold_is_not_kept(
    api: Contract, user: Any, make_product: MakeProduct
) -> None:
    product = make_product()
    body = {"productId": str(product.pk), "revisionIds": [str(product.revisions.get().pk)]}
    lots = Lot.objects.filter(account__user=user)
    was = list(lots.values_list("pk", "available"))
    hold = ledger.hold(
        user_id=user.pk,
        amount=17 * CREDIT,
        key="elsewhere",
        reason="t",
        operation="t",
        ttl=timedelta(minutes=5),
    )
    poor = api.send("POST", ANALYZE, body, Idempotency_Key="try")
    assert poor.status_code == 402
    ledger.release(hold_id=hold.pk, reason="t")
    assert list(lots.values_list("pk", "available")) == was
    rich = api.send("POST", ANALYZE, body, Idempotency_Key="try")
    assert (rich.status_code, "Idempotency-Replayed" in rich.headers) == (200, False)


def test_without_an_ai_service_it_is_503_before_any_hold_and_not_kept(
    api: Contract, make_product: MakeProduct, settings: Any
) -> None:
    product = make_product()
    body = {"productId": str(product.pk), "revisionIds": [str(product.revisions.get().pk)]}
    routes = settings.ROUTES
    settings.ROUTES = {"*": ["nobody:nothing"]}
    refused = api.send("POST", ANALYZE, body, Idempotency_Key="try")
    assert (refused.status_code, refused.json()["error"]["type"]) == (503, "provider_unavailable")
    operations = [row["operation"] for row in api.get("/api/credits/statement").json()["results"]]
    assert "base-views/analyze" not in operations
    settings.ROUTES = routes
    assert api.send("POST", ANALYZE, body, Idempotency_Key="try").status_code == 200


def test_after_a_202_a_replay_shows_the_job_as_it_is_now(
    api: Contract, make_product: MakeProduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generation.operations.ring_worker", lambda job_id: None)
    body = {"productId": str(make_product().pk)}

    def ask() -> Any:
        return api.send("POST", DETECT, body, Idempotency_Key="job", Prefer="respond-async")

    first = ask()
    assert (first.status_code, first.json()["status"]) == (202, "queued")
    assert ask().json()["id"] == first.json()["id"]
    run_job(first.json()["id"])
    done = ask()
    assert (done.status_code, done.headers["Idempotency-Replayed"]) == (200, "true")
    assert done.json()["category"]
    assert Job.objects.count() == 1


def test_a_refused_input_is_kept_and_replayed_without_a_second_hold(api: Contract) -> None:
    for _ in range(2):
        answer = api.send("POST", ANALYZE, {"productId": "x"}, Idempotency_Key="bad")
        assert answer.status_code == 400
    assert answer.headers["Idempotency-Replayed"] == "true"
    lines = api.get("/api/credits/statement").json()["results"]
    assert [line["operation"] for line in lines].count("base-views/analyze") == 1


def test_a_new_key_is_never_kept_for_replay(user: Any) -> None:
    person = signed_in(user)
    answers = [
        person.post(
            "/api/keys", {"name": "a"}, "application/json", headers={"Idempotency-Key": "k"}
        )
        for _ in range(2)
    ]
    assert len({answer.json()["key"] for answer in answers}) == 2
    assert not IdempotencyRecord.objects.exists()


def test_more_requests_than_allowed_are_429_with_the_time_to_wait(
    api: Contract, settings: Any, user: Any
) -> None:
    settings.REQUESTS_PER_MINUTE = 3
    left = [api.get("/api/credits").headers.get("RateLimit-Remaining") for _ in range(3)]
    assert left == ["2", "1", "0"] or "2" in left[1:]  # a minute may end between two calls
    for _ in range(4):
        refused = api.get("/api/credits")
        if refused.status_code == 429:
            break
    assert refused.status_code == 429
    assert refused.json()["error"]["type"] == "rate_limited"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit-Limit"] == "3"
    assert refused.headers["RateLimit-Remaining"] == "0"
    assert refused.headers["RateLimit-Reset"] == refused.headers["Retry-After"]
    another = Contract(create_key(user=user, name="another")[1])
    assert another.get("/api/credits").status_code == 200, "each key counts for itself"


def test_beyond_the_queue_a_job_is_429_and_nothing_is_held(
    api: Contract, make_product: MakeProduct, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generation.operations.ring_worker", lambda job_id: None)
    settings.JOB_QUEUED_LIMIT = 1
    body = {"productId": str(make_product().pk)}
    first = api.send("POST", DETECT, body, Prefer="respond-async")
    second = api.send("POST", DETECT, body, Prefer="respond-async")
    assert (first.status_code, second.status_code) == (202, 429)
    assert int(second.headers["Retry-After"]) >= 1
    assert api.get("/api/credits").json()["held"] == "0"
