"""What is really answered is what the description says: names, kinds and statuses."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.operations import create_key
from techpack import queries
from tests.api.contract import Contract, assert_as_described
from tests.techpack.conftest import Api, MakeProduct, new_user, photo

V2 = "/api/tech-pack-v2"


def upload(name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, photo(name), content_type="image/jpeg")


SAID = {"messages": [{"role": "user", "content": "What does 514 mean?"}]}


@pytest.mark.slow
def test_every_answer_on_the_way_to_a_pack_is_as_described(api: Contract) -> None:
    made = api.send("POST", "/api/products", {"name": "Pier Polo"}).json()
    product = f"/api/products/{made['id']}"
    front = api.post(f"{product}/revisions", {"image": upload("polo-navy-front.jpg")}).json()
    photo_at = f"/api/revisions/{front['id']}"
    api.send("PATCH", photo_at, {"viewType": "front", "isCurrent": True})
    api.send("POST", f"{V2}/category/detect", {"productId": made["id"]})
    api.send("PATCH", product, {"category": "tops", "unit": "cm", "sizes": ["S", "M"]})
    ring = api.send("GET", f"{photo_at}/outline").json()["rings"][0]
    top, bottom = min(ring, key=lambda p: p[1]), max(ring, key=lambda p: p[1])
    api.send("PUT", f"{photo_at}/outline", {"keep": [[ring[0], ring[1]]]})
    api.send("PUT", f"{photo_at}/landmarks", {"hem_left": ring[0]})
    known = {"from": top, "to": bottom, "length": {"value": 72, "unit": "cm"}}
    api.send("PUT", f"{photo_at}/scale", known)

    body = {"productId": made["id"], "revisionIds": [front["id"]]}
    found = api.send("POST", f"{V2}/base-views/analyze", body).json()["analyses"]
    for step, name in (
        ("close-ups/generate", "baseViewAnalyses"),
        ("sketches/generate", "productAnalysis"),
    ):
        given = {"productId": made["id"], name: [found[0]["id"]]}
        assert api.send("POST", f"{V2}/{step}", given).status_code == 200

    entry = found[0]["analysisData"]["colors"][0]["id"]
    api.send("PATCH", f"{product}/tech-pack", {f"colors.{entry}.name": "Harbour"})
    jobs = api.send("GET", "/api/jobs").json()["results"]
    asked = {"revisionId": front["id"], "fieldPath": f"colors.{entry}.value"}
    edit = api.send("POST", f"{V2}/edit", {**asked, "editPrompt": 'write "Harbour"'}).json()
    assert api.send("POST", f"{V2}/edit/{edit['editId']}/undo").status_code == 200
    changed = {"revisionId": front["id"], "regeneratePrompt": "make it red", "mode": "new"}
    red = api.send("POST", f"{V2}/regenerate", changed).json()
    assert api.send("POST", f"{V2}/regenerate/{red['jobId']}/undo").status_code == 200
    drawn = {"productId": made["id"], "stage": "sample", "prompt": "a navy polo shirt"}
    assert api.send("POST", f"{V2}/base-views/generate", drawn).status_code == 200
    for path in (
        "/api/products?limit=1",
        f"{product}",
        f"{product}/revisions?all=1",
        f"{product}/tech-pack?units=in",
        f"{product}/tech-pack.json",
        f"{product}/readiness",
        f"{product}/audit",
        photo_at,
        f"/api/jobs/{jobs[0]['id']}",
        "/api/jobs?status=succeeded&kind=sketches/generate",
        "/api/credits",
        "/api/credits/statement",
    ):
        assert api.get(path).status_code == 200
    assert api.get(f"{product}/tech-pack.pdf", headers={"accept": "application/pdf"}).content
    api.send("POST", "/api/credits/quote", {"operation": "base-views/analyze", **body})
    assert api.send("DELETE", photo_at).status_code == 204
    assert api.send("DELETE", product).status_code == 204
    assert api.send("POST", f"{product}/restore").status_code == 200


def test_refusals_are_as_described(api: Contract, make_product: MakeProduct) -> None:
    product = make_product()
    revision = queries.revisions_of(product)[0].pk
    expected = [
        ("POST", "/api/products", {"nam": "x"}, 400),
        ("GET", "/api/products?limit=0", None, 400),
        ("GET", f"/api/products?limit={'9' * 5000}", None, 400),
        ("GET", "/api/products?cursor=zzz", None, 400),
        ("GET", "/api/jobs?status=asleep", None, 400),
        ("GET", f"/api/products/{uuid4()}", None, 404),
        ("GET", f"/api/products/{product.pk}/tech-pack?units=ell", None, 400),
        ("GET", f"/api/products/{product.pk}/tech-pack.pdf?units=ell", None, 400),
        ("PATCH", f"/api/products/{product.pk}", {"unit": None}, 400),
        ("PUT", f"/api/revisions/{revision}/scale", {"from": [1, 1]}, 400),
        ("PUT", f"/api/revisions/{revision}/landmarks", {}, 400),
        ("POST", f"{V2}/base-views/analyze", {}, 400),
        ("POST", f"{V2}/sketches/generate", {"productId": "x", "productAnalysis": "y"}, 400),
        ("POST", "/api/credits/quote", {"operation": "knit"}, 400),
        ("POST", "/api/credits/quote", {"operation": "chat", "model": "knit", **SAID}, 404),
        ("DELETE", "/api/keys/x", None, 403),
        ("POST", f"/api/jobs/{uuid4()}/cancel", None, 404),
    ]
    for method, path, body, status in expected:
        answer = api.send(method, path, body)
        assert answer.status_code == status, (method, path, answer.content)


def test_a_job_that_goes_on_is_described(
    api: Contract, make_product: MakeProduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generation.operations.ring_worker", lambda job_id: None)
    product = make_product()
    body = {"productId": str(product.pk)}
    accepted = api.send("POST", f"{V2}/category/detect", body, Prefer="respond-async")
    assert accepted.status_code == 202
    job = accepted.headers["Location"]
    assert api.get(job).json()["status"] == "queued"
    assert api.send("POST", f"{job}/cancel").json()["status"] == "canceled"
    assert api.send("POST", f"{job}/cancel").status_code == 409


def test_keys_are_as_described(user: Any) -> None:
    person = Client()
    person.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    made = person.post("/api/keys", {"name": "ci", "monthlyCap": "2.5"}, "application/json")
    listed = person.get("/api/keys")
    gone = person.delete(f"/api/keys/{made.json()['id']}")
    assert_as_described("POST", "/api/keys", made)
    assert_as_described("GET", "/api/keys", listed)
    assert_as_described("DELETE", "/api/keys/x", gone)
    assert (made.status_code, gone.status_code) == (201, 204)


def test_a_page_of_rows_leads_to_the_next(api: Contract) -> None:
    for name in ("a", "b", "c"):
        api.send("POST", "/api/products", {"name": name})
    first = api.get("/api/products?limit=2").json()
    second = api.get(first["next"].removeprefix("http://testserver")).json()
    assert [row["name"] for row in first["results"] + second["results"]] == ["c", "b", "a"]
    assert (first["previous"], second["next"]) == (None, None)


def test_a_wrong_credential_is_described(user: Any) -> None:
    bad = Api("tps_live_wrong").send("GET", "/api/credits")
    assert_as_described("GET", "/api/credits", bad)
    narrow = Api(create_key(user=new_user(), name="n", scopes=["chat"])[1])
    refused = narrow.send("GET", "/api/credits")
    assert_as_described("GET", "/api/credits", refused)
    assert (bad.status_code, refused.status_code) == (401, 403)


@pytest.mark.parametrize(
    ("order", "names"), [("name", "abcd"), ("oldest", "bdac"), ("recent", "acdb")]
)
def test_products_come_in_the_order_asked_for_on_every_page(
    api: Contract, order: str, names: str
) -> None:
    made = {name: api.send("POST", "/api/products", {"name": name}).json() for name in "bdca"[:2]}
    made |= {name: api.send("POST", "/api/products", {"name": name}).json() for name in "ac"}
    for name in "bdca":
        api.send("PATCH", f"/api/products/{made[name]['id']}", {"season": "SS"})
    seen: list[str] = []
    page = api.get(f"/api/products?limit=1&order={order}").json()
    pages = [page]
    while page["next"]:
        page = api.get(page["next"].removeprefix("http://testserver")).json()
        pages.append(page)
    seen = [row["name"] for one in pages for row in one["results"]]
    assert "".join(seen) == names
    back = api.get(pages[2]["previous"].removeprefix("http://testserver")).json()
    assert back["results"] == pages[1]["results"]
    assert api.get("/api/products?order=size").status_code == 400


@pytest.mark.parametrize("spelled", ["{{{0}}}", "urn:uuid:{0}", "{0.hex}", "{0}-", "x", "%00"])
def test_a_malformed_id_in_a_path_is_404(
    api: Contract, make_product: MakeProduct, spelled: str
) -> None:
    pk = make_product().pk
    assert api.get(f"/api/products/{str(pk).upper()}").json()["id"] == str(pk)
    assert api.get(f"/api/products/{spelled.format(pk)}").status_code == 404
