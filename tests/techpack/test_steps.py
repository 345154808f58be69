"""The steps by API: what they answer, in which order they refuse, what they cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from generation.models import AICall, Job
from techpack.work import analysing
from tests.techpack.conftest import Api, MakeProduct, photo
from tests.techpack.steps import ANALYZE, CLOSE_UPS, SKETCHES, V2, analyze, free, spend_all


def test_the_whole_way_by_key(api: Api) -> None:
    made = api.send("POST", "/api/products", {"name": "Pier Polo"})
    assert made.status_code == 201
    product = made.json()["id"]
    upload = api.post(
        f"/api/products/{product}/revisions",
        {"image": _file("polo-navy-front.jpg"), "viewType": "front"},
    )
    assert upload.status_code == 201, upload.content
    revision = upload.json()
    assert (revision["version"], revision["isCurrent"]) == (1, True)

    named = api.send("POST", f"{V2}/category/detect", {"productId": product}).json()
    assert named["category"] == "tops"
    assert len(named["alternatives"]) >= 2
    outline = api.send("GET", f"/api/revisions/{revision['id']}/outline").json()
    ring = outline["rings"][0]
    top, bottom = min(ring, key=lambda p: p[1]), max(ring, key=lambda p: p[1])
    scaled = api.send(
        "PUT",
        f"/api/revisions/{revision['id']}/scale",
        {"from": top, "to": bottom, "length": {"value": 72, "unit": "cm"}},
    )
    assert scaled.status_code == 200

    analyzed = api.send("POST", ANALYZE, {"productId": product, "revisionIds": [revision["id"]]})
    assert analyzed.status_code == 200, analyzed.content
    analysis = analyzed.json()["analyses"][0]
    measured = [d for d in analysis["analysisData"]["dimensions"] if d["provenance"] == "measured"]
    assert len(measured) >= 8
    assert all(d["unit"] == "cm" and d["uncertainty"] > 0 for d in measured)
    assert 1 <= len(analysis["analysisData"]["colors"]) <= 6

    shots = api.send(
        "POST",
        CLOSE_UPS,
        {"productId": product, "baseViewAnalyses": [analysis["id"]], "category": "tops"},
    ).json()
    assert 6 <= len(shots["generatedImages"]) <= 10
    assert [image["order"] for image in shots["generatedImages"]] == list(
        range(len(shots["generatedImages"]))
    )
    flats = api.send(
        "POST",
        SKETCHES,
        {"productId": product, "productAnalysis": {"id": analysis["id"]}, "category": "tops"},
    ).json()
    assert [sketch["viewType"] for sketch in flats["sketches"]] == ["front", "back", "side"]
    front = flats["sketches"][0]
    assert front["callouts"]
    assert all(c["rowId"] and 0 <= c["anchor"][0] <= front["width"] for c in front["callouts"])
    assert any(m["code"] == "A01" for m in front["measurements"])
    assert api.get(front["svgUrl"]).headers["content-type"] == "image/svg+xml"

    pdf = api.get(f"/api/products/{product}/tech-pack.pdf")
    assert b"".join(pdf).startswith(b"%PDF-") if pdf.streaming else pdf.content[:5] == b"%PDF-"
    assert free(api) == 9
    statement = api.send("GET", "/api/credits/statement").json()["results"]
    charged = {line["operation"]: Decimal(line["captured"]) for line in statement}
    assert charged["base-views/analyze"] == charged["close-ups/generate"] == 3


def _file(name: str) -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, photo(name), content_type="image/jpeg")


def test_a_second_analysis_of_the_same_photos_is_free(api: Api, make_product: MakeProduct) -> None:
    product = make_product()
    first = analyze(api, product).json()
    second = analyze(api, product).json()

    assert (first["creditsUsed"], second["creditsUsed"]) == (3, 0)
    assert second["analyses"][0]["cached"]
    assert second["analyses"][0]["tokensUsed"] == 0
    assert second["analyses"][0]["id"] == first["analyses"][0]["id"]
    assert free(api) == 15
    assert AICall.objects.filter(operation_name="base-views/analyze").count() == 1


def test_only_fresh_views_are_charged(api: Api, make_product: MakeProduct) -> None:
    product = make_product()
    analyze(api, product)
    api.post(
        f"/api/products/{product.pk}/revisions",
        {"image": _file("polo-navy-back.jpg"), "viewType": "back"},
    )

    again = analyze(api, product).json()

    assert again["creditsUsed"] == 1.5
    assert [row["cached"] for row in again["analyses"]] == [True, False]


def test_a_view_that_fails_is_not_charged(
    api: Api, make_product: MakeProduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = make_product(front="polo-navy-front.jpg", back="polo-navy-back.jpg")
    look = analysing.look

    def fails_for_the_back(run: Any, revision: Any) -> Any:
        if revision.view_type == "back":
            raise ZeroDivisionError
        return look(run, revision)

    monkeypatch.setattr(analysing, "look", fails_for_the_back)
    answer = analyze(api, product)

    body = answer.json()
    assert (answer.status_code, body["status"], body["creditsUsed"]) == (
        200,
        "partly_succeeded",
        1.5,
    )
    assert body["failed"][0]["viewType"] == "back"
    assert len(body["analyses"]) == 1
    assert free(api) == Decimal("16.5")


def test_nothing_is_charged_where_no_product_is_seen(api: Api, make_product: MakeProduct) -> None:
    from io import BytesIO

    from PIL import Image

    from techpack import operations

    product = make_product()
    blank = BytesIO()
    Image.new("RGB", (300, 300), "white").save(blank, "PNG")
    revision = operations.add_revision(
        user=product.user, product_id=product.pk, file=blank.getvalue(), view_type="detail"
    )

    answer = api.send(
        "POST", ANALYZE, {"productId": str(product.pk), "revisionIds": [str(revision.pk)]}
    )

    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["code"]) == (
        500,
        "generation_failed",
        "CONTENT_REFUSED",
    )
    assert error["context"]["charged"] == "0"
    assert free(api) == 18


class TestTheOrderOfChecks:
    """401 → 403 → 413 and syntax → 402 → 400 → 404."""

    def test_401_comes_first(self, api: Api, make_product: MakeProduct) -> None:
        bad = Api("tps_live_wrong")
        assert bad.send("POST", ANALYZE, b"{").status_code == 401

    def test_403_for_a_missing_scope(self, user: Any, make_product: MakeProduct) -> None:
        from accounts.operations import create_key

        reader = Api(create_key(user=user, name="reader", scopes=["products:read"])[1])
        answer = reader.send("POST", ANALYZE, b"{")
        assert (answer.status_code, answer.json()["error"]["context"]["scope"]) == (403, "generate")

    def test_syntax_comes_before_money(self, api: Api, user: Any) -> None:
        spend_all(user)
        answer = api.send("POST", ANALYZE, b'{"productId": NaN}')
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_FIELD")

    def test_402_comes_before_400(self, api: Api, user: Any) -> None:
        spend_all(user)
        answer = api.send("POST", ANALYZE, {"nonsense": True})
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (402, "INSUFFICIENT_CREDITS")
        assert error["context"]["unit"] == "credits"
        assert error["context"]["required_credits"] == 3

    @pytest.mark.parametrize(
        ("body", "path"),
        [
            ({}, "productId"),
            ({"productId": "x", "revisionIds": []}, "revisionIds"),
            ({"productId": "x", "revisionIds": ["y"]}, "revisionIds.0"),
            ({"productId": str(uuid4()), "revisionIds": [str(uuid4())] * 9}, "revisionIds"),
            ({"productId": str(uuid4()), "revisionIds": [str(uuid4())], "more": 1}, "more"),
        ],
    )
    def test_400_leaves_a_held_and_released_pair(self, api: Api, body: Any, path: str) -> None:
        answer = api.send("POST", ANALYZE, body)
        assert answer.status_code == 400
        assert path in answer.json()["error"]["fields"]
        line = api.send("GET", "/api/credits/statement").json()["results"][0]
        assert (line["status"], Decimal(line["released"])) == (
            "released",
            Decimal(line["released"]),
        )
        assert Decimal(line["captured"]) == 0
        assert free(api) == 18

    def test_404_for_a_photo_of_somebody_else(
        self, api: Api, stranger: Api, make_product: MakeProduct
    ) -> None:
        product = make_product()
        assert analyze(stranger, product).status_code == 404
        assert free(stranger) == 18
        line = stranger.send("GET", "/api/credits/statement").json()["results"][0]
        assert line["status"] == "released"


def test_a_sixth_view_costs_more(api: Api) -> None:
    body = {"operation": "base-views/analyze", "revisionIds": [str(uuid4())] * 7}
    quote = api.send("POST", "/api/credits/quote", body).json()
    assert Decimal(str(quote["credits"])) == Decimal("4.2")


def test_an_answer_is_not_waited_for_when_the_client_says_so(
    api: Api, make_product: MakeProduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generation.operations.ring_worker", lambda job_id: None)
    product = make_product()

    answer = analyze(api, product, prefer="respond-async")

    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["Location"] == f"/api/jobs/{job['id']}"
    assert (job["status"], job["creditsHeld"]) == ("queued", "3")
    assert api.send("POST", f"/api/jobs/{job['id']}/cancel", {}).json()["status"] == "canceled"
    assert free(api) == 18


def test_a_key_of_idempotency_runs_once(api: Api, make_product: MakeProduct) -> None:
    product = make_product()
    first = analyze(api, product, idempotency_key="k-1")
    again = analyze(api, product, idempotency_key="k-1")
    other = api.send("POST", ANALYZE, {"productId": str(product.pk)}, idempotency_key="k-1")

    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status_code, other.json()["error"]["type"]) == (422, "idempotency_key_reused")
    assert Job.objects.filter(kind="base-views/analyze").count() == 1


def test_readiness_names_what_blocks(api: Api, make_product: MakeProduct) -> None:
    product = make_product()
    found = api.send("GET", f"/api/products/{product.pk}/readiness").json()
    assert found["status"] == "draft"
    assert {"NO_SCALE", "POM_MISSING", "VIEW_MISSING"} <= {b["code"] for b in found["blockers"]}
    assert 0 <= found["score"] < 60


def test_outputs_become_stale_when_a_photo_is_added(api: Api, make_product: MakeProduct) -> None:
    product = make_product()
    analysis = analyze(api, product).json()["analyses"][0]["id"]
    body = {"productId": str(product.pk), "productAnalysis": analysis}
    assert api.send("POST", SKETCHES, body).status_code == 200
    readiness = f"/api/products/{product.pk}/readiness"
    assert api.send("GET", readiness).json()["stale"] == []

    api.post(
        f"/api/products/{product.pk}/revisions",
        {"image": _file("polo-navy-back.jpg"), "viewType": "back"},
    )

    stale = {row["output"]: row["credits"] for row in api.send("GET", readiness).json()["stale"]}
    assert stale == {"base-views/analyze": 3, "sketches/generate": 3}
