"""The API's description: committed, valid, complete."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.api.contract import described

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
AGAIN = "Run: .venv/bin/python manage.py spectacular --file docs/openapi.yaml"
NOT_DESCRIBED = {"/api/docs"}  # a page


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in described()["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def test_the_committed_description_is_current() -> None:
    committed = yaml.safe_load(COMMITTED.read_text())
    assert committed == described(), f"docs/openapi.yaml is not what the code says. {AGAIN}"


def test_the_description_is_valid_and_leaves_nothing_to_a_guess(tmp_path: Path) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", tmp_path / "api.yaml")
    assert described()["openapi"].startswith("3.1")


def addresses(
    patterns: list[URLPattern | URLResolver], prefix: str = "/"
) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, path)
        else:
            yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path), pattern.callback


def test_every_address_and_method_of_the_api_is_described() -> None:
    found = {
        (path, method)
        for path, view in addresses(get_resolver().url_patterns)
        if path.startswith(("/api/", "/v1/")) and path not in NOT_DESCRIBED
        for method in _methods(view)
    }
    assert {(path, method) for path, method, _ in operations()} == found


def _methods(view: Any) -> set[str]:
    if not hasattr(view, "view_class"):
        return {"get"}
    return {
        name for name in ("get", "post", "put", "patch", "delete") if hasattr(view.view_class, name)
    }


def test_every_operation_has_its_own_id_a_known_subject_and_words() -> None:
    tags = {tag["name"] for tag in described()["tags"]}
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(ids) == len(set(ids))
    for path, method, operation in operations():
        assert operation["description"], (path, method)
        assert set(operation["tags"]) <= tags, (path, method)


def test_an_operation_names_every_refusal_that_its_nature_brings() -> None:
    for path, method, operation in operations():
        if path in ("/api/schema", "/api/events"):
            continue
        expected = {401, 403, 429, 500}
        expected |= {400, 413, 415} if method in ("post", "put", "patch") else set()
        expected |= {404} if "{" in path else set()
        expected |= {409, 422} if method == "post" and path != "/api/keys" else set()
        expected |= {202, 402, 404, 503} if queues(path) else set()
        expected |= {402, 404, 503} if path.startswith("/v1/chat/") else set()
        expected |= {402, 404, 503, 504} if begins_film(path) else set()
        assert {str(status) for status in expected} <= set(operation["responses"]), (path, method)


def test_a_price_may_have_no_such_model_and_nobody_who_answers() -> None:
    answers = described()["paths"]["/api/credits/quote"]["post"]["responses"]
    assert {"404", "503"} <= set(answers)


def test_files_have_addresses_on_this_site_and_pages_whole_ones() -> None:
    schemas = described()["components"]["schemas"]
    for name, fields in {
        "Revision": ("imageUrl", "thumbnailUrl"),
        "CloseUp": ("imageUrl", "thumbnailUrl"),
        "EarlierPicture": ("imageUrl", "thumbnailUrl"),
        "Sketch": ("imageUrl", "svgUrl"),
    }.items():
        for field in fields:
            assert schemas[name]["properties"][field]["format"] == "uri-reference", (name, field)
    assert schemas["ProductPage"]["properties"]["next"]["format"] == "uri"


def test_headers_that_count_are_parameters() -> None:
    for path, method, operation in operations():
        names = [one.get("name") or one["$ref"].rpartition("/")[2] for one in _given(operation)]
        assert "X-Request-ID" in names or path == "/api/schema"
        assert ("Idempotency-Key" in names) == (method == "post" and path != "/api/keys"), path
        assert ("Prefer" in names) == queues(path), path


def begins_film(path: str) -> bool:
    return path in ("/api/generate-video", "/api/videos/{video_id}/retry")


def queues(path: str) -> bool:
    """Whether it holds credits and queues a job: steps, and what runs one again."""
    is_step = path.startswith("/api/tech-pack-v2/") and not path.endswith("/undo")
    return is_step or path == "/api/jobs/{job_id}/retry"


def _given(operation: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = operation["parameters"]
    return found


def test_every_refusal_has_the_envelope() -> None:
    for name, answer in described()["components"]["responses"].items():
        schema = answer["content"]["application/json"]["schema"]
        assert {"$ref": "#/components/schemas/Error"} in schema["allOf"], name


def test_names_are_camel_case_but_in_the_envelope_and_where_they_are_spelled_apart() -> None:
    spelled = named_by("/v1/", "/api/generate-video", "/api/check-video", "/api/videos") | {"Error"}
    assert {"ChatInputRequest", "Message", "UsageShape", "VideoFailed"} <= spelled
    for name, schema in described()["components"]["schemas"].items():
        if name not in spelled:
            for field in schema.get("properties", {}):
                assert re.fullmatch(r"[a-z][A-Za-z0-9]*", field), (name, field)


def named_by(*beginnings: str) -> set[str]:
    """The schemas that these addresses name, with those that they name."""
    schemas = described()["components"]["schemas"]
    named = re.compile(r"#/components/schemas/(\w+)")
    found: set[str] = set()
    paths = {
        path: item for path, item in described()["paths"].items() if path.startswith(beginnings)
    }
    new = set(named.findall(str(paths)))
    while new:
        found |= new
        new = set(named.findall(str([schemas[name] for name in new]))) - found
    return found


def test_who_may_do_it_is_described() -> None:
    schemes = described()["components"]["securitySchemes"]
    assert schemes["apiKey"] | {"description": ""} == {
        "type": "http",
        "scheme": "bearer",
        "description": "",
    }
    assert schemes["sessionToken"]["name"] == "X-Session-Token"
    assert schemes["cookie"]["in"] == "cookie"
    keys = described()["paths"]["/api/keys"]["post"]["security"]
    assert not any("apiKey" in one for one in keys), "no key makes keys"
    analyze = described()["paths"]["/api/tech-pack-v2/base-views/analyze"]["post"]["security"]
    assert {"apiKey": ["generate"]} in analyze


@pytest.mark.parametrize(
    ("accept", "query", "kind"),
    [
        ("*/*", "", "application/vnd.oai.openapi+json"),
        ("text/html,*/*;q=0.8", "", "application/vnd.oai.openapi+json"),
        ("application/json", "", "application/vnd.oai.openapi+json"),
        ("application/yaml", "", "application/vnd.oai.openapi"),
        ("*/*", "?format=yaml", "application/vnd.oai.openapi"),
        ("application/yaml", "?format=json", "application/vnd.oai.openapi+json"),
    ],
)
def test_the_description_is_served_to_everyone(accept: str, query: str, kind: str) -> None:
    answer = Client().get(f"/api/schema{query}", headers={"accept": accept})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(f"{kind};")
    assert yaml.safe_load(answer.content) == described()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/schema", "/api/docs"])
def test_a_wrong_credential_is_401_though_none_is_needed(path: str) -> None:
    for wrong in ({"authorization": "Bearer tps_live_wrong"}, {"x-session-token": "wrong"}):
        answer = Client().get(path, headers=wrong)
        assert (answer.status_code, answer.json()["error"]["type"]) == (401, "unauthenticated")
