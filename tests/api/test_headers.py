"""What every answer tells the browser to refuse."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as product_settings
from django.http import HttpResponse
from django.middleware.security import SecurityMiddleware
from django.test import Client, RequestFactory

from tests.api.world import signed_in, world_of
from tests.techpack.conftest import MakeProduct

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = (
    "/",
    "/prices",
    "/account/login/",
    "/account/signup/",
    "/account/password/reset/",
    "/admin/login/",
    "/api/docs",
    "/api/schema",
    "/nothing",
    "/api/nothing",
    "/api/credits",
    "/healthz",
)
OWN = (
    "/products",
    "/products/{product_id}",
    "/products/{product_id}/pack",
    "/views/{revision_id}",
    "/credits",
    "/account",
    "/account/keys",
    "/account/2fa/",
    "/api/products",
)


def assert_strict(response: Any, where: str) -> None:
    policy = directives(response.headers["Content-Security-Policy"])
    assert policy["default-src"] == ["'none'"], where
    assert policy["frame-ancestors"] == ["'none'"], where
    assert policy["base-uri"] == ["'none'"], where
    words = [word for values in policy.values() for word in values]
    assert not any("unsafe" in word or word in ("*", "http:", "https:") for word in words), where
    assert policy["script-src"] == policy["style-src"] == ["'self'"], where
    assert response.headers["X-Content-Type-Options"] == "nosniff", where
    assert response.headers["Referrer-Policy"] == "same-origin", where
    assert response.headers["X-Frame-Options"] == "DENY", where
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin", where
    assert "Server" not in response.headers, where


def directives(policy: str) -> dict[str, list[str]]:
    parts = [part.split() for part in policy.split(";") if part.strip()]
    return {name: values for name, *values in parts}


@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.django_db
def test_a_public_answer_is_strict(path: str) -> None:
    assert_strict(Client().get(path), path)


def test_a_page_of_ones_own_is_strict_and_has_nothing_inline(make_product: MakeProduct) -> None:
    world = world_of(make_product())
    client = signed_in(world.owner)
    for template in OWN:
        path = template.format(**world.ids)
        response = client.get(path)
        assert response.status_code == 200, path
        assert_strict(response, path)
        body = response.content.decode()
        if response.headers["Content-Type"].startswith("text/html"):
            assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", body), path
            assert not re.search(r"<script(?![^>]*(?:\bsrc=|application/json))[^>]*>", body), path
            assert not re.search(r"<style\b", body), path
            assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", body), path


def test_what_is_ones_own_is_not_kept_by_caches_on_the_way(make_product: MakeProduct) -> None:
    world = world_of(make_product())
    client = signed_in(world.owner)
    for template in ("/products", "/products/{product_id}", "/account/keys"):
        response = client.get(template.format(**world.ids))
        kept = response.headers.get("Cache-Control", "")
        assert "private" in kept or "no-store" in kept or "Cookie" in response.headers["Vary"]


@pytest.mark.django_db
def test_cookies_are_out_of_reach_of_scripts_and_other_sites() -> None:
    client = Client()
    client.get("/account/login/")
    client.post("/account/signup/", {"email": "c@studio.example", "password1": "harbour-crane-7"})
    session = client.cookies[product_settings.SESSION_COOKIE_NAME]
    assert (session["httponly"], session["samesite"]) == (True, "Lax")
    assert client.cookies["csrftoken"]["samesite"] == "Lax"


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "SECRET_KEY": "x" * 50, "DEBUG": "false", **more}


ASK = (
    "import config.settings as s;"
    "print(s.SECURE_HSTS_SECONDS, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.DEBUG,"
    " s.ACCOUNT_DEFAULT_HTTP_PROTOCOL)"
)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://studio.example", "31536000 True True False https"),
        ("http://localhost:8000", "0 False False False http"),
    ],
)
def test_https_makes_cookies_and_links_secure_and_browsers_stay(url: str, said: str) -> None:
    for debug in ("true", "false"):
        found = subprocess.run(
            [sys.executable, "-c", ASK],
            cwd=ROOT,
            env=environment(PUBLIC_URL=url, DEBUG=debug, ALLOWED_HOSTS="studio.example"),
            capture_output=True,
            text=True,
            check=True,
        )
        assert found.stdout.split() == said.split()


@pytest.mark.django_db
def test_hsts_is_sent_over_https(settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    guard: Any = SecurityMiddleware(lambda request: HttpResponse())
    secure = guard(RequestFactory().get("/", secure=True))
    assert secure.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "Strict-Transport-Security" not in guard(RequestFactory().get("/")).headers


@pytest.mark.django_db
def test_a_request_id_is_taken_when_safe_else_made() -> None:
    for path in ("/", "/nothing", "/api/nothing", "/static/nothing.css", "/static/studio.css"):
        given = Client().get(path, headers={"X-Request-ID": "abc-1.2_3"})
        assert given.headers["X-Request-ID"] == "abc-1.2_3", path
        for unsafe in ("x" * 65, "a b", "<script>", "é"):
            made = Client().get(path, headers={"X-Request-ID": unsafe}).headers["X-Request-ID"]
            assert re.fullmatch(r"req_[0-9a-f]{32}", made), (path, made)


@pytest.mark.django_db
def test_a_host_that_is_not_ours_is_refused_without_a_word_about_us() -> None:
    for path in ("/", "/api/credits"):
        answer = Client().get(path, headers={"host": "evil.example"})
        assert answer.status_code == 400
        assert "ALLOWED_HOSTS" not in answer.content.decode()
