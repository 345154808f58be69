"""Every address, as everyone who must not see what is there."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client

from accounts.operations import create_key
from accounts.scopes import SCOPES
from notifications.models import WebhookDelivery, WebhookTarget
from techpack.models import Product, Revision
from tests.api.contract import described
from tests.api.world import (
    GARBAGE,
    SECRET,
    UNSAID,
    World,
    everyone_else,
    filled,
    quiet,
    signed_in,
    templates,
    world_of,
)
from tests.techpack.conftest import MakeProduct
from videos.models import Video

pytestmark = pytest.mark.slow

PUBLIC = {"/", "/prices", "/healthz", "/readyz", "/api/schema", "/api/docs", "/admin/login/"}
API = ("/api/", "/v1/")
EVERYBODYS = {"/v1/models/{model_id}"}
OWN = (
    "/products",
    "/views",
    "/videos",
    "/credits",
    "/notifications",
    "/billing/canceled",
    "/billing/receipts",
)
# What an address needs to name in its query.
QUERIES = {"/api/check-video": "?video_id={video_id}"}
REFUSED_BY_API = {401, 403, 404, 405}
ENVELOPE = {
    "type",
    "code",
    "status",
    "message",
    "detail",
    "suggestions",
    "context",
    "request_id",
}
STREAMS = {"/api/events"}


@pytest.fixture(autouse=True)
def _no_limits(settings: Any) -> None:
    """Thousands of calls from one account are what limits are there against."""
    settings.REQUESTS_PER_MINUTE = 100_000


@pytest.fixture
def world(make_product: MakeProduct) -> World:
    return world_of(make_product())


def has_scope(who: str, path: str) -> bool:
    """The narrow key has one scope after all."""
    return who == "a key without the scope" and path.startswith("/api/billing/")


def asking(path: str, world: World) -> str:
    """The path with what it needs to name in its query."""
    return path + filled(QUERIES.get(path, ""), world.ids)


def body_of(response: Any) -> str:
    return "" if response.streaming else response.content.decode(errors="replace")


def state() -> Any:
    """What strangers could change."""
    kept = (Product, Revision, Video, WebhookTarget, WebhookDelivery)
    return [list(model.objects.values()) for model in kept]


def assert_says_nothing(response: Any, world: World, where: str) -> None:
    """No bug, no insides, nothing of the owner's, and a request id."""
    body = body_of(response)
    assert response.status_code < 500, f"{where}: {response.status_code} {body[:500]}"
    assert not (found := UNSAID.search(body)), f"{where}: says {found and found[0]}"
    assert SECRET not in body, f"{where}: shows what is not theirs"
    assert world.owner.email not in body, where
    assert response.headers.get("X-Request-ID"), where


def assert_enveloped(response: Any, where: str) -> None:
    error = response.json()["error"]
    assert set(error) - {"fields"} == ENVELOPE, where
    assert error["status"] == response.status_code, where
    assert error["request_id"] == response.headers["X-Request-ID"], where


def test_no_address_gives_strangers_what_is_not_theirs(world: World) -> None:
    for who, client in everyone_else(world).items():
        for template in templates():
            path = filled(template, world.ids)
            for method in ("GET", "HEAD", "OPTIONS"):
                response = client.generic(method, asking(path, world))
                where = f"{method} {path} as {who}"
                assert_says_nothing(response, world, where)
                if path.startswith(API) and method == "GET":
                    if response.status_code in REFUSED_BY_API:
                        assert_enveloped(response, where)
                    elif who in ("nobody", "a revoked key", "a key without the scope"):
                        is_open = path in PUBLIC or has_scope(who, path)
                        assert is_open, f"{where}: {response.status_code}"
                    else:
                        names_one = "{" in template or template in QUERIES
                        is_owned = names_one and template not in EVERYBODYS
                        assert not is_owned, f"{where}: {response.status_code}"


def test_pages_send_strangers_to_sign_in_or_nowhere(world: World) -> None:
    clients = everyone_else(world)
    own = [path for path in templates() if path.startswith(OWN)]
    account = [path for path in templates() if path.startswith(("/account/keys", "/account/webh"))]
    for template in [*own, "/account", *account]:
        path = filled(template, world.ids)
        answer = clients["nobody"].get(path)
        assert answer.status_code == 302, (path, answer.status_code)
        assert answer.headers["Location"].startswith("/account/login/?next="), path
        for method in ("get", "post"):
            theirs = getattr(clients["somebody else"], method)(path)
            if "{" in template:
                assert theirs.status_code in (404, 405), (method, path, theirs.status_code)


def test_changes_by_strangers_are_refused_and_change_nothing(world: World) -> None:
    before = state()
    for who, client in everyone_else(world).items():
        for template, item in described()["paths"].items():
            path = filled(template, world.ids)
            for method in set(item) - {"get"}:
                body = {
                    "productId": world.ids["product_id"],
                    "revisionIds": [world.ids["revision_id"]],
                    "baseViewAnalyses": [GARBAGE["nobody's id"]],
                    "productAnalysis": GARBAGE["nobody's id"],
                }
                if path.endswith("detect"):
                    body = {"productId": world.ids["product_id"]}
                elif path.endswith("analyze"):
                    del body["baseViewAnalyses"], body["productAnalysis"]
                elif path.endswith("close-ups/generate"):
                    del body["revisionIds"], body["productAnalysis"]
                elif path.endswith("sketches/generate"):
                    del body["revisionIds"], body["baseViewAnalyses"]
                elif path.endswith("base-views/generate"):
                    body = {
                        "productId": world.ids["product_id"],
                        "stage": "sample",
                        "prompt": "mine now",
                    }
                elif path.endswith("v2/edit"):
                    body = {
                        "revisionId": world.ids["revision_id"],
                        "fieldPath": "cover.season",
                        "editPrompt": "mine now",
                    }
                elif path.endswith("v2/regenerate"):
                    body = {"revisionId": world.ids["revision_id"], "mode": "new"}
                elif path.endswith("generate-video"):
                    body = {"prompt": "mine now", "product_id": world.ids["product_id"]}
                elif path.endswith("check-video"):
                    body = {"video_id": world.ids["video_id"]}
                elif path.startswith("/api/keys/"):
                    body = {"name": "mine now"}
                response = client.generic(
                    method.upper(), path, json.dumps(body).encode(), content_type="application/json"
                )
                where = f"{method} {path} as {who}"
                assert_says_nothing(response, world, where)
                names_theirs = "{" in template or "tech-pack-v2" in path or "-video" in path
                if who.startswith("somebody else"):
                    if names_theirs:
                        scoped = ("/api/keys/", "/api/notifications/", "/api/webhooks/")
                        allowed = {404, 403} if path.startswith(scoped) else {404}
                        assert response.status_code in allowed, (where, response.content[:300])
                elif not has_scope(who, path):
                    assert response.status_code in (401, 403), (where, response.content[:300])
    assert state() == before


@pytest.mark.thorough
@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=list(GARBAGE))
def test_garbage_for_ids_is_404(world: World, garbage: str) -> None:
    owner = signed_in(world.owner)
    for template in templates():
        if "{" not in template or template.startswith("/admin/"):
            continue
        path = filled(template, {}, other=garbage)
        for method in ("GET", "POST"):
            response = owner.generic(method, path, content_type="application/json")
            where = f"{method} {path[:200]}"
            assert_says_nothing(response, world, where)
            if template.startswith((*API, "/products", "/views", "/media")):
                assert response.status_code in (404, 405), (where, response.status_code)
            if template.startswith(API):
                assert_enveloped(response, where)


@pytest.mark.thorough
@pytest.mark.parametrize("garbage", ["%00", "%ff", "x" * 5000, "-1", "%F0%9F%98%80"])
def test_garbage_in_queries_is_no_bug(world: World, garbage: str) -> None:
    owner = signed_in(world.owner)
    names = ("q", "order", "page", "cursor", "limit", "units", "status", "kind", "all", "next")
    query = "&".join(f"{name}={garbage}" for name in names)
    for template in templates():
        if template.startswith("/admin/") or template in STREAMS:
            continue
        alone = [f"{name}={garbage}" for name in ("q", "order", "kind")]
        for asked in (query, *alone):
            response = owner.get(f"{filled(template, world.ids)}?{asked}")
            assert response.status_code < 500, f"{template}?{unquote(asked)[:80]}"
            assert not UNSAID.search(body_of(response)), template


@pytest.mark.thorough
def test_garbage_in_forms_is_no_bug(world: World) -> None:
    owner = signed_in(world.owner)
    names = (
        "name",
        "description",
        "brand",
        "style_no",
        "sizes",
        "unit",
        "category",
        "email",
        "login",
        "password",
        "code",
        "value",
        "length",
        "once",
        "at",
        "view_type",
        "is_current",
        "from",
        "to",
        "strokes",
        "points",
        "scopes",
        "cover.name",
        "materials.0.value",
        "words",
        "field",
        "count",
        "views",
        "source",
        "key",
        "theme",
        "locale",
        "units",
    )
    for template in templates():
        if template.startswith(("/admin/", *API, "/_allauth/")) or "logout" in template:
            continue
        for value in (
            "\0",
            "x" * 10_000,
            "{",
            "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
            "1e400",
            "NaN",
        ):
            form = dict.fromkeys(names, value)
            response = owner.post(filled(template, world.ids), form)
            where = f"POST {template} {value[:8]!r}"
            assert response.status_code < 500, f"{where}: {body_of(response)[:300]}"
            assert not UNSAID.search(body_of(response)), where


@pytest.mark.thorough
def test_wrong_methods_are_405_in_the_envelope(world: World) -> None:
    clients = {
        "owner": signed_in(world.owner),
        "key": quiet(create_key(user=world.owner, name="all")[1]),
    }
    for template, item in described()["paths"].items():
        for method in {"get", "post", "put", "patch", "delete"} - set(item):
            for who, client in clients.items():
                path = filled(template, world.ids)
                response = client.generic(method.upper(), path, b"{}", "application/json")
                where = f"{method} {path} as {who}"
                assert response.status_code == 405, (where, response.status_code)
                assert_enveloped(response, where)
                allowed = response.headers["Allow"].lower()
                assert all(name in allowed for name in item), where


def test_options_say_what_is_allowed_and_head_answers_like_get(world: World) -> None:
    key = quiet(create_key(user=world.owner, name="all", scopes=list(SCOPES))[1])
    for template, item in described()["paths"].items():
        path = filled(template, world.ids)
        if template.startswith("/api/keys") or path in STREAMS | {"/api/schema"}:
            continue
        options = key.options(path)
        assert (options.status_code, options.content) == (204, b""), path
        assert all(name.upper() in options.headers["Allow"] for name in item), path
        if "get" in item:
            asked = asking(path, world)
            assert key.head(asked).status_code == key.get(asked).status_code == 200, path


def test_unknown_addresses_of_the_api_answer_in_the_envelope() -> None:
    for path in (
        "/api",
        "/v1",
        "/api/",
        "/api/nothing",
        "/api/products/x/y/z",
        "/v1/nothing",
        "/api/%00",
    ):
        for method in ("GET", "POST", "DELETE"):
            response = Client().generic(method, path)
            assert response.status_code == 404, path
            assert_enveloped(response, path)
    page = Client().get("/nothing")
    assert page.status_code == 404
    assert page.headers["Content-Type"].startswith("text/html")


def test_a_bug_tells_nothing_but_its_request_id(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise ZeroDivisionError("SELECT secret FROM /srv/app/core.py")

    monkeypatch.setattr("techpack.queries.products_of", breaks)
    client = signed_in(world.owner)
    for path in ("/products", "/api/products"):
        response = client.get(path, headers={"X-Request-ID": "mine-1"})
        assert response.status_code == 500
        assert "SELECT" not in body_of(response)
        assert "ZeroDivision" not in body_of(response)
        assert "mine-1" in body_of(response)
        assert response.headers["X-Request-ID"] == "mine-1"
    assert_enveloped(response, "/api/products")


@pytest.mark.parametrize("path", ["/static/nothing.css", "/media/nothing", "/static/studio.css"])
def test_files_carry_a_request_id_too(path: str) -> None:
    assert Client().get(path).headers["X-Request-ID"]


def test_csrf_is_asked_for_only_where_a_session_changes_something(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    for path in ("/api/events", "/api/schema", "/api/docs"):
        refused = client.post(path)
        assert refused.status_code == 405, path
        assert_enveloped(refused, path)
    client.force_login(world.owner, backend="django.contrib.auth.backends.ModelBackend")
    refused = client.post("/api/products", {"name": "x"}, "application/json")
    assert (refused.status_code, refused.json()["error"]["type"]) == (401, "unauthenticated")
    assert client.get("/api/products").status_code == 200
    assert client.post("/products/start", {"name": "x"}).status_code == 403
