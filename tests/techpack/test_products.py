"""Products and photos by API and by page: made, changed, put away; nobody else's."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from techpack import operations, queries
from techpack.models import Product, Revision
from techpack.operations.steps import choose_category
from tests.techpack.conftest import Api, MakeProduct, photo


def upload(name: str = "polo-navy-front.jpg", data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, photo() if data is None else data, content_type="image/jpeg")


@pytest.fixture
def visitor(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_dropped_photo_is_a_product_at_once(visitor: Client, user: Any) -> None:
    photos = [upload(), upload("IMG_0002.jpg")]
    answer = visitor.post(reverse("techpack:product-start"), {"image": photos})
    product = Product.objects.get(user=user)
    assert answer.headers["Location"] == reverse("techpack:workspace", args=[product.pk])
    assert [r.view_type for r in queries.revisions_of(product)] == ["front", "back"]
    product.refresh_from_db()
    assert product.category == "tops"
    page = visitor.get(answer.headers["Location"])
    assert page.status_code == 200


@pytest.mark.parametrize(
    ("name", "data"),
    [("x.jpg", b""), ("x.jpg", b"not a picture"), ("x.jpg", b"\xff\xd8\xff\xe0")],
)
def test_a_bad_photo_makes_nothing(visitor: Client, user: Any, name: str, data: bytes) -> None:
    visitor.post(reverse("techpack:product-start"), {"image": upload(name, data)})
    assert not Product.objects.filter(user=user).exists()


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "EMPTY_FILE"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b"%PDF-1.7", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b"PK\x03\x04aaaa", 415, "UNSUPPORTED_MEDIA_TYPE"),
    ],
)
def test_bad_files_by_api(
    api: Api, make_product: MakeProduct, data: bytes, status: int, code: str
) -> None:
    product = make_product()
    answer = api.post(f"/api/products/{product.pk}/revisions", {"image": upload("a.jpg", data)})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert product.revisions.count() == 1


def test_an_upload_beyond_25_mb_is_refused_before_it_is_read(
    api: Api, make_product: MakeProduct
) -> None:
    product = make_product()
    answer = api.generic(
        "POST",
        f"/api/products/{product.pk}/revisions",
        b"",
        content_type="multipart/form-data; boundary=x",
        headers={"content-length": str(60 * 1024 * 1024)},
        CONTENT_LENGTH=str(60 * 1024 * 1024),
    )
    assert answer.status_code == 413


def test_an_address_inside_is_not_fetched(api: Api, make_product: MakeProduct) -> None:
    product = make_product()
    for url in (
        "http://127.0.0.1/a.jpg",
        "http://169.254.169.254/",
        "file:///etc/passwd",
        "ftp://x",
    ):
        answer = api.send("POST", f"/api/products/{product.pk}/revisions", {"imageUrl": url})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "URL_NOT_ALLOWED")


def test_versions_count_per_view_and_can_be_gone_back_to(
    api: Api, make_product: MakeProduct
) -> None:
    product = make_product()
    path = f"/api/products/{product.pk}/revisions"
    second = api.post(path, {"image": upload(), "viewType": "front"}).json()
    assert (second["version"], second["isCurrent"]) == (2, True)
    first = Revision.objects.get(product=product, version=1)

    back = api.send("PATCH", f"/api/revisions/{first.pk}", {"isCurrent": True}).json()

    assert back["isCurrent"]
    assert [r["version"] for r in api.send("GET", path).json()["results"]] == [1]
    assert [r["version"] for r in api.send("GET", f"{path}?all=1").json()["results"]] == [2, 1]


def test_a_deleted_photo_gives_way_to_the_one_before(api: Api, make_product: MakeProduct) -> None:
    product = make_product()
    path = f"/api/products/{product.pk}/revisions"
    second = api.post(path, {"image": upload(), "viewType": "front"}).json()
    assert api.send("DELETE", f"/api/revisions/{second['id']}").status_code == 204
    assert [r["version"] for r in api.send("GET", path).json()["results"]] == [1]
    assert api.send("GET", f"/api/revisions/{second['id']}").status_code == 404


def test_the_same_picture_has_the_same_hash(api: Api, make_product: MakeProduct) -> None:
    product = make_product()
    path = f"/api/products/{product.pk}/revisions"
    hashes = {api.post(path, {"image": upload()}).json()["imageHash"] for _ in range(2)}
    assert len(hashes) == 1


def test_a_name_is_only_text(api: Api, make_product: MakeProduct) -> None:
    product = make_product()
    name = "../../etc/" + "ü服" * 150 + "\u202egpj.exe"
    answer = api.post(f"/api/products/{product.pk}/revisions", {"image": upload(name)})
    assert answer.status_code == 201
    stored = Revision.objects.latest("created_at").original_name
    assert "/" not in stored
    assert "\u202e" not in stored
    assert len(stored) <= 120


def test_lists_are_cut_into_pages(api: Api, user: Any) -> None:
    made = [operations.create_product(user=user, name=f"P{n}").pk for n in range(5)]
    first = api.send("GET", "/api/products?limit=2").json()
    assert [row["id"] for row in first["results"]] == [str(pk) for pk in made[:2:-1]]
    second = api.get(first["next"]).json()
    assert [row["id"] for row in second["results"]] == [str(made[2]), str(made[1])]
    assert api.get(second["previous"]).json()["results"] == first["results"]
    assert api.send("GET", "/api/products?limit=101").status_code == 400
    assert api.send("GET", "/api/products?cursor=nonsense").status_code == 400


def test_a_product_is_changed_put_away_and_brought_back(
    api: Api, make_product: MakeProduct
) -> None:
    product = make_product()
    path = f"/api/products/{product.pk}"
    changed = api.send("PATCH", path, {"styleNo": "PP-009", "sizes": ["S", "M"], "unit": "in"})
    assert (changed.status_code, changed.json()["styleNo"]) == (200, "PP-009")
    assert api.send("PATCH", path, {"category": "spaceships"}).status_code == 400
    assert api.send("PATCH", path, {"name": None}).status_code == 400
    assert api.send("DELETE", path).status_code == 204
    assert api.send("GET", path).status_code == 404
    assert api.send("POST", f"{path}/restore", {}).json()["styleNo"] == "PP-009"


def test_what_another_tab_saves_meanwhile_stays(
    user: Any, make_product: MakeProduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    product, read = make_product(), queries.product_of

    def read_before_the_other_saved(*args: Any, **more: Any) -> Product:
        found = read(*args, **more)
        Product.objects.filter(pk=found.pk).update(brand="Pier")
        return found

    monkeypatch.setattr(queries, "product_of", read_before_the_other_saved)
    changed = operations.change_product(
        user=user, product_id=product.pk, changes={"season": "SS 27"}
    )
    product.refresh_from_db()
    assert (product.brand, product.season) == (changed.brand, changed.season) == ("Pier", "SS 27")


def test_a_step_that_names_a_category_changes_nothing_else(
    user: Any, make_product: MakeProduct
) -> None:
    product = make_product()
    Product.objects.filter(pk=product.pk).update(name="Harbour Polo")
    choose_category(product, "bags")
    product.refresh_from_db()
    assert (product.name, product.category, product.category_source) == (
        "Harbour Polo",
        "bags",
        "user",
    )


def test_a_category_that_a_person_chose_stays(api: Api, make_product: MakeProduct) -> None:
    product = make_product(category="bags", subcategory="tote")
    api.send("POST", "/api/tech-pack-v2/category/detect", {"productId": str(product.pk)})
    assert api.send("GET", f"/api/products/{product.pk}").json()["category"] == "bags"


PATHS = (
    "/api/products/{product}",
    "/api/products/{product}/revisions",
    "/api/products/{product}/tech-pack",
    "/api/products/{product}/tech-pack.pdf",
    "/api/products/{product}/readiness",
    "/api/products/{product}/audit",
    "/api/revisions/{revision}",
    "/api/revisions/{revision}/outline",
)


@pytest.mark.parametrize("path", PATHS)
def test_what_is_not_mine_is_not_there(
    api: Api, stranger: Api, make_product: MakeProduct, path: str
) -> None:
    product = make_product()
    revision = product.revisions.get().pk
    mine = path.format(product=product.pk, revision=revision)
    assert api.send("GET", mine).status_code == 200
    assert stranger.send("GET", mine).status_code == 404
    assert api.send("GET", path.format(product="x", revision="x")).status_code == 404
    assert api.send("GET", path.format(product=uuid4(), revision=uuid4())).status_code == 404
    assert Client().get(mine).status_code == 401


def test_pages_of_others_are_not_there(visitor: Client, make_product: MakeProduct) -> None:
    from tests.techpack.conftest import new_user

    product = make_product()
    revision = product.revisions.get().pk
    other = Client()
    other.force_login(new_user(), backend="django.contrib.auth.backends.ModelBackend")
    for path in (
        reverse("techpack:workspace", args=[product.pk]),
        reverse("techpack:document", args=[product.pk]),
        reverse("techpack:pdf", args=[product.pk]),
        reverse("techpack:view", args=[revision]),
    ):
        assert visitor.get(path).status_code == 200
        assert other.get(path).status_code == 404
        assert Client().get(path).status_code == 302


def test_the_page_and_the_api_run_the_same_step(visitor: Client, make_product: MakeProduct) -> None:
    product = make_product()
    path = reverse("techpack:run", args=[product.pk, "analysis"])
    twice = [visitor.post(path, {"once": "click"}) for _ in range(2)]
    assert {answer.status_code for answer in twice} == {302}
    assert product.analyses.count() == 1
    assert (
        "3.00 charged"
        in visitor.get(reverse("techpack:workspace", args=[product.pk])).content.decode()
    )


def test_a_field_is_typed_over_without_javascript(
    visitor: Client, make_product: MakeProduct
) -> None:
    product = make_product()
    visitor.post(reverse("techpack:run", args=[product.pk, "analysis"]), {})
    fields = reverse("techpack:fields", args=[product.pk])
    visitor.post(
        fields,
        {"bom.shell.composition": "100 % Baumwolle, 棉", "pointsOfMeasure.A01.value": "51,5"},
    )
    typed = {str(value): value.value for value in product.typed_values.all()}
    assert typed["pointsOfMeasure.A01.value"] == {"um": 515_000}
    assert "100 % Baumwolle, 棉" in typed.values()


def statements_of(visitor: Client, path: str) -> int:
    """How many statements a page asks the database; BEGIN and COMMIT are none."""
    seen: list[str] = []

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        assert visitor.get(path).status_code == 200
    return len(seen)


def test_the_workspace_asks_a_fixed_number_of_queries(
    visitor: Client, make_product: MakeProduct
) -> None:
    product = make_product()
    for step in ("analysis", "close-ups", "sketches"):
        visitor.post(reverse("techpack:run", args=[product.pk, step]), {})
    path = reverse("techpack:workspace", args=[product.pk])
    with_one = statements_of(visitor, path)
    assert 5 < with_one <= 15
    front = product.revisions.get()
    for _ in range(19):
        operations.add_revision(
            user=product.user, product_id=product.pk, file=photo(side=100), view_type="front"
        )
    operations.change_revision(
        user=product.user, revision_id=front.pk, changes={"is_current": True}
    )
    assert statements_of(visitor, path) == with_one


def test_a_list_of_two_hundred_products_opens(visitor: Client, user: Any) -> None:
    for number in range(200):
        operations.create_product(user=user, name=f"Kapuzenpullover {'lang ' * 20}{number}")
    page = visitor.get(reverse("techpack:products"))
    assert page.status_code == 200
    assert "Page" in page.content.decode()
