"""Bodies that two readers would read differently, sent to real endpoints."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from credits.models import StatementLine
from techpack import queries
from techpack.models import Product, TypedValue
from tests.api.contract import Contract
from tests.asgi import serving
from tests.techpack.conftest import MakeProduct, photo

MB = 1024 * 1024
DEEP = b'{"a":' * 100 + b"1" + b"}" * 100
ATTACKS: dict[str, tuple[bytes, str, int]] = {
    "NaN": (b'{"x": NaN}', "x", 400),
    "Infinity": (b'{"x": [1, -Infinity]}', "x.1", 400),
    "1e400": (b'{"x": 1e400}', "x", 400),
    "huge integer": (b'{"x": ' + b"9" * 5000 + b"}", "x", 400),
    "integer beyond 2^53": (b'{"x": 9007199254740993}', "x", 400),
    "NUL": (b'{"name": "a\\u0000b"}', "name", 400),
    "lone surrogate": (b'{"name": "\\ud800"}', "name", 400),
    "lone surrogate in a key": (b'{"\\udfff": 1}', "body", 400),
    "100 deep": (DEEP, "a.a.a", 400),
    "duplicate keys": (b'{"name": "a", "name": "b"}', "name", 400),
    "one key in two spellings": (b'{"productId": 1, "product_id": 2}', "product_id", 400),
    "an array": (b"[1, 2]", "body", 400),
    "a string": (b'"x"', "body", 400),
    "nothing that is JSON": (b"{", "body", 400),
    "not UTF-8": (b'{"name": "\xff"}', "body", 400),
    "2 MB": (b'{"name": "' + b"x" * 2 * MB + b'"}', "", 413),
}


@pytest.fixture
def doors(api: Contract, make_product: MakeProduct) -> dict[str, tuple[str, str]]:
    """The endpoints that are attacked, by name."""
    product = make_product()
    revision = queries.revisions_of(product)[0].pk
    return {
        "a new product": ("POST", "/api/products"),
        "a product": ("PATCH", f"/api/products/{product.pk}"),
        "a scale": ("PUT", f"/api/revisions/{revision}/scale"),
        "a pack": ("PATCH", f"/api/products/{product.pk}/tech-pack"),
        "a quote": ("POST", "/api/credits/quote"),
        "an analysis": ("POST", "/api/tech-pack-v2/base-views/analyze"),
    }


def state() -> Any:
    return list(Product.objects.values()), list(TypedValue.objects.values())


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=list(ATTACKS))
def test_an_ambiguous_body_is_refused_with_its_path_and_stores_nothing(
    api: Contract, doors: dict[str, tuple[str, str]], attack: tuple[bytes, str, int]
) -> None:
    body, path, status = attack
    before = state()
    for name, (method, address) in doors.items():
        answer = api.send(method, address, body)
        error = answer.json()["error"]
        assert answer.status_code == status, (name, answer.content[:300])
        if status == 400:
            assert error["code"] in ("INVALID_FIELD", "INVALID_JSON"), name
            assert list(error["fields"]) == [path], (name, error["fields"])
    assert state() == before
    assert api.get("/api/credits").json()["available"] == "18"


SHAPES: dict[str, list[tuple[dict[str, Any], str]]] = {
    "a new product": [
        ({"name": 7}, "name"),
        ({"name": ["x"]}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "x", "owner": "me"}, "owner"),
    ],
    "a product": [
        ({"sizes": "S"}, "sizes"),
        ({"sizes": [None]}, "sizes.0"),
        ({"unit": "ell"}, "unit"),
        ({"createdAt": "now"}, "createdAt"),
        ({"styleNo": {"a": 1}}, "styleNo"),
    ],
    "a scale": [
        ({"from": [0, 0], "to": [0], "length": {"value": 1, "unit": "cm"}}, "to"),
        ({"from": [0, 0], "to": [9, 9], "length": {"value": -1, "unit": "cm"}}, "length"),
        ({"from": [0, 0], "to": [9, 9], "length": {"value": 1, "unit": "ell"}}, "length.unit"),
        ({"from": [0, "9"], "to": [9, 9], "length": {"value": 1, "unit": "cm"}}, "from.1"),
        ({"from": [0, 0], "to": [9, True], "length": {"value": 1, "unit": "cm"}}, "to.1"),
        ({"from": [0, 0], "to": [9, 9], "length": {"value": True, "unit": "cm"}}, "length"),
        ({"from": [0, "a"], "to": [9, 9], "length": {"value": 1, "unit": "cm"}}, "from.1"),
        ({"from": [0, 0], "to": [9, 9], "length": 5}, "length"),
    ],
    "a pack": [
        ({"": 1}, ""),
        ({"materials": 1}, "materials"),
        ({"materials.nothing.value": "x"}, "materials.nothing.value"),
        ({"revisionId": "x", "materials.0.value": "x"}, "revisionId"),
    ],
    "a quote": [
        ({}, "operation"),
        ({"operation": 5}, "operation"),
        ({"operation": "x" * 65}, "operation"),
        ({"operation": ["base-views/analyze"]}, "operation"),
    ],
    "an analysis": [
        ({"productId": "x", "revisionIds": ["y"]}, "productId"),
        ({"productId": str(uuid4()), "revisionIds": "y"}, "revisionIds"),
        ({"productId": str(uuid4()), "revisionIds": []}, "revisionIds"),
        ({"productId": str(uuid4()), "revisionIds": [str(uuid4())] * 9}, "revisionIds"),
        ({"productId": str(uuid4()), "revisionIds": [str(uuid4()), 5]}, "revisionIds.1"),
        ({"productId": str(uuid4()), "revisionIds": [str(uuid4())], "more": 1}, "more"),
    ],
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_wrong_shape_is_refused_with_its_path(
    api: Contract, doors: dict[str, tuple[str, str]], name: str
) -> None:
    method, address = doors[name]
    before = state()
    for body, path in SHAPES[name]:
        answer = api.send(method, address, body)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (400, "INVALID_FIELD"), (body, error)
        assert any(field.startswith(path) for field in error["fields"]), (body, error["fields"])
    assert state() == before
    assert api.get("/api/credits").json()["available"] == "18"


def test_an_analysis_refused_for_its_input_is_on_the_statement_as_released(
    api: Contract, doors: dict[str, tuple[str, str]]
) -> None:
    assert api.send(*doors["an analysis"], {"productId": "x"}).status_code == 400
    line = StatementLine.objects.filter(operation="base-views/analyze").get()
    assert (line.status, line.captured, line.held) == ("released", 0, line.released)
    assert line.reason


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "image/svg+xml"]
)
def test_another_kind_of_body_is_415(
    api: Contract, doors: dict[str, tuple[str, str]], kind: str
) -> None:
    for name, (method, address) in doors.items():
        answer = api.generic(method, address, b"name=x", content_type=kind)
        assert answer.status_code == 415, (name, answer.content)
        assert answer.json()["error"]["type"] == "unsupported_media_type"


def test_a_body_in_snake_case_is_taken_too(
    api: Contract, doors: dict[str, tuple[str, str]]
) -> None:
    answer = api.send(*doors["a product"], {"style_no": "PP-1"})
    assert (answer.status_code, answer.json()["styleNo"]) == (200, "PP-1")


def test_a_form_of_too_many_parts_is_400(api: Contract, make_product: MakeProduct) -> None:
    address = f"/api/products/{make_product().pk}/revisions"
    many = settings.DATA_UPLOAD_MAX_NUMBER_FILES + 1
    files = {f"f{each}": SimpleUploadedFile("a.jpg", b"x") for each in range(many)}
    fields = {f"f{each}": "x" for each in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
    for form in (files, fields):
        answer = api.post(address, form)
        error = answer.json()["error"]
        assert (answer.status_code, error["type"]) == (400, "invalid_request")
        assert list(error["fields"]) == ["body"]


def test_a_form_without_its_boundary_is_told_apart_from_json(
    api: Contract, make_product: MakeProduct
) -> None:
    address = f"/api/products/{make_product().pk}/revisions"
    answer = api.generic("POST", address, b"--b", content_type="multipart/form-data")
    assert answer.status_code == 400
    assert "form" in answer.json()["error"]["fields"]["body"][0]


def test_bodies_in_chunks_are_read_whole(api: Contract, make_product: MakeProduct) -> None:
    form = httpx.Request("POST", "http://x", files={"image": ("a.jpg", photo(), "image/jpeg")})
    product, key = make_product().pk, api.defaults["HTTP_AUTHORIZATION"]
    large = b'{"name": "' + b"x" * 2 * MB + b'"}'
    with serving() as url, httpx.Client(base_url=url, headers={"Authorization": key}) as client:

        def sent(path: str, body: bytes, kind: str = "application/json") -> httpx.Response:
            pieces = (body[at : at + 5000] for at in range(0, len(body), 5000))
            return client.post(path, content=pieces, headers={"Content-Type": kind}, timeout=60)

        named = sent("/api/products", b'{"name": "Pier Polo"}')
        assert (named.status_code, named.json()["name"]) == (201, "Pier Polo")
        assert sent("/api/products", large).status_code == 413
        assert sent("/api/products", b"{").status_code == 400
        kind = form.headers["Content-Type"]
        shown = sent(f"/api/products/{product}/revisions", form.read(), kind)
        assert shown.status_code == 201, shown.text
