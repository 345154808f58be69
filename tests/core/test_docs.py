"""The documentation: what is served, how it is rendered, and that it says what is so."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin

import pytest
from django.conf import settings
from django.test import Client

from accounts.scopes import DEFAULT_SCOPES, SCOPES
from core import docs
from core.http import STATUS, InternalError, envelope
from core.markdown import page_of
from core.money import CREDIT, format_credits
from credits.errors import in_credits, in_usd
from credits.shortage import Alternative, Shortage
from tests.core.docs import samples, table_of, text_of

ADDRESSES = list(docs.files())
KINDS = {kind.__name__ for kind in STATUS}
# A page's own, and the ledger's own.
NOT_BY_API = {"ASKED_BEFORE", "HOLD_NOT_EXPIRED"}


class Links(HTMLParser):
    """The links and anchors of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: list[str] = []
        self.labels: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.links += [given["href"] or ""] if tag == "a" else []
        self.anchors += [given["id"] or ""] if "id" in given else []
        self.labels += [given["aria-label"] or ""] if given.get("role") == "region" else []


def sources() -> Iterator[Path]:
    """The code whose errors clients see."""
    for app in settings.INSTALLED_APPS:
        yield from (settings.BASE_DIR / app).rglob("*.py")


def page(path: str) -> str:
    answer = Client().get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


# --- What is served ----------------------------------------------------------------------
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_is_served_to_everyone_and_can_be_found(address: str) -> None:
    html = page(f"/docs/{address}")
    title = docs.read(address).title
    assert f"<h1>{title}</h1>" in html
    assert f"<title>{title} · Techpack Studio</title>" in html
    assert f'href="/docs/{address}"' in page("/docs/")
    linked = {urldefrag(link).url for link in docs.read(docs.INDEX).links}
    # What those who run the studio read comes last by itself.
    assert address in {docs.INDEX, *linked} or address.startswith("operations/")


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_link_leads_somewhere(db: None, address: str) -> None:
    here = f"/docs/{address}"
    for link in docs.read(address).links:
        path, anchor = urldefrag(urljoin(here, link))
        answer = Client().get(path)
        is_own = answer.status_code == 302 and "/login/?next=" in answer.headers["Location"]
        assert answer.status_code == 200 or is_own, f"{here}: {link} → {answer.status_code}"
        if anchor and not is_own:
            assert anchor in Links(answer.content.decode()).anchors, f"{here}: {link}"


@pytest.mark.parametrize(
    "path",
    [
        "nothing",
        "index",
        "index.md",
        "credits.md",
        "openapi.yaml",
        "openapi",
        "adr/",
        "adr/0001-lengths-come-from-geometry",
        "../README",
        "..%2fREADME",
        "%2e%2e/README",
        "errors/../../README",
        "errors/../credits",
        "/etc/passwd",
        "credits%00",
        "credits\\",
        "Credits",
        "x" * 3000,
    ],
)
def test_nothing_else_is_served(path: str) -> None:
    answer = Client().get(f"/docs/{path}")
    assert answer.status_code in (400, 404)
    assert b"Techpack Studio turns" not in answer.content


@pytest.mark.parametrize(
    ("path", "leads_to"), [("/docs", "/docs/"), ("/docs/errors", "/docs/errors/")]
)
def test_a_folder_without_its_slash_leads_to_it(path: str, leads_to: str) -> None:
    answer = Client().get(path)
    assert (answer.status_code, answer.headers["Location"]) == (301, leads_to)


def test_pages_are_only_read() -> None:
    assert Client().post("/docs/").status_code == 405
    assert Client().head("/docs/credits").status_code == 200


def test_public_pages_and_ones_own_lead_to_the_documentation(
    client: Client, admin_user: Any
) -> None:
    assert 'href="/docs/"' in page("/")
    client.force_login(admin_user, backend="django.contrib.auth.backends.ModelBackend")
    for path in ("/credits", "/account/keys", "/notifications"):
        assert 'href="/docs/"' in client.get(path).content.decode(), path


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Documentation of the test's own."""
    monkeypatch.setattr(docs, "FOLDER", tmp_path)
    (tmp_path / "index.md").write_text("# Start\n\nWelcome.")
    docs.files.cache_clear()
    yield tmp_path
    docs.files.cache_clear()


def test_a_page_is_rendered_once_until_it_changes(folder: Path) -> None:
    assert docs.read("") is docs.read("")
    (folder / "index.md").write_text("# Start\n\nWelcome again.")
    assert docs.read("").summary == "Welcome again."


def test_a_page_that_the_index_forgets_comes_last(folder: Path) -> None:
    (folder / "index.md").write_text("# Start\n\n[B](b.md) [gone](gone.md) [B](b.md#x)")
    for name in ("a", "b"):
        (folder / f"{name}.md").write_text(f"# {name.upper()}\n\nText.")
    docs.files.cache_clear()
    assert docs.in_order() == ["", "b", "a"]


# --- How it is rendered ------------------------------------------------------------------
def test_headings_can_be_linked_to_and_each_has_its_own_name() -> None:
    found = page_of("# T\n\n## Twice `x`\n\n### Below\n\n## Twice x\n\n## ???\n\n## ???")
    assert [heading.anchor for heading in found.headings] == [
        "twice-x",
        "twice-x-2",
        "section",
        "section-2",
    ]
    assert '<h2 id="twice-x"><a href="#twice-x">Twice <code>x</code></a></h2>' in found.body
    assert '<h3 id="below">' in found.body
    assert "T" not in Links(found.body).anchors


def test_html_and_unsafe_links_stay_text() -> None:
    found = page_of(
        "# T\n\n<script>alert(1)</script>\n\n[a](javascript:alert(1)) "
        "![x](data:text/html,x) [b](vbscript:x)\n\n```js\n</code><script>\n```\n"
    )
    assert "<script>" not in found.body
    assert "&lt;script&gt;" in found.body
    assert Links(found.body).links == []
    assert "<img" not in found.body


def test_tables_and_code_scroll_in_boxes_with_names_of_their_own() -> None:
    table = "|a|b|\n|-|-|\n|1|2|\n"
    text = f"# T\n\n{table}\n## Use & <care>\n\n{table}\n```python\nx = 1\n```\n\n```\ny\n```\n"
    body = page_of(text).body
    assert Links(body).labels == [
        "Table 1: T",
        "Table 2: Use & <care>",
        "Python 3: Use & <care>",
        "Example 4: Use & <care>",
    ]
    assert body.count('tabindex="0"') == 4
    assert '<th scope="col">a</th>' in body
    assert '<th scope="row">1</th>' in body
    assert "<td>2</td>" in body


@pytest.mark.parametrize(
    ("written", "served"),
    [
        ("credits.md", "credits"),
        ("credits.md#lots", "credits#lots"),
        ("../credits.md", "../credits"),
        ("errors/index.md", "errors/"),
        ("errors/index.md#types", "errors/#types"),
        ("index.md", "./"),
        ("../index.md", "../"),
        ("#here", "#here"),
        ("/prices", "/prices"),
        ("my-index.md", "my-index"),
        ("https://example.org/a.md", "https://example.org/a.md"),
    ],
)
def test_links_between_files_become_links_between_pages(written: str, served: str) -> None:
    found = page_of(f"# T\n\n[x]({written})")
    assert Links(found.body).links == [served]
    assert found.links == (() if "://" in written else (served,))


def test_a_page_without_a_title_is_no_page() -> None:
    for text in ("", "Text.", "## Second\n\nText."):
        with pytest.raises(ValueError, match="title"):
            page_of(text)


# --- That it says what is so -------------------------------------------------------------
def test_prices_are_those_that_are_charged(settings: Any) -> None:
    prices = settings.PRICES
    by_step = {row[0]: row[1] for row in table_of("credits", below="Prices")}
    assert by_step == {
        "Category": format_credits(prices["category/detect"]),
        "Base-view analysis, up to 5 photos": format_credits(prices["base-views/analyze"]),
        "each photo beyond 5": format_credits(prices["base-views/analyze:extra-view"]),
        "Close-ups": format_credits(prices["close-ups/generate"]),
        "Sketches": format_credits(prices["sketches/generate"]),
        "Assistant": "by tokens, 1 credit is 0.10 USD",
    }
    started = {row[0]: row[1] for row in table_of("getting-started", below="What it costs")}
    assert started == {
        "Category": by_step["Category"],
        "Base-view analysis": by_step["Base-view analysis, up to 5 photos"],
        "Close-ups": by_step["Close-ups"],
        "Sketches": by_step["Sketches"],
    }
    free = settings.PLANS["free"]["monthly_credits"] // CREDIT
    assert f"A new account has {free} credits" in text_of("getting-started")
    assert f"up to {settings.PLANS['pro']['fair_use_per_day']} a day" in text_of("credits")


def test_models_and_their_prices_are_those_that_are_charged(settings: Any) -> None:
    told = {row[0]: (row[2], row[3]) for row in table_of("assistant", below="Models")}
    assert told == {
        f"`{name}`": (str(model["input_usd"]), str(model["output_usd"]))
        for name, model in settings.CHAT_MODELS.items()
    }
    assert f"Without `max_tokens`, {settings.CHAT_USUAL_MAX_TOKENS} are" in text_of("assistant")


def test_scopes_are_those_that_there_are() -> None:
    assert [row[0].strip("`") for row in table_of("api", below="Scopes")] == list(SCOPES)
    assert set(SCOPES) - set(DEFAULT_SCOPES) == set(list(SCOPES)[-2:]), "all but the last two"


def test_limits_are_those_that_are_kept(settings: Any) -> None:
    limits = text_of("api").partition("## Limits")[2]
    assert f"{settings.REQUESTS_PER_MINUTE} requests a minute" in limits
    words = {3: "three", 8: "eight", 20: "twenty"}
    assert f"{words[settings.JOB_RUNNING_LIMIT]} run at once" in limits
    assert f"{words[settings.JOB_QUEUED_LIMIT]} wait" in limits
    assert f"answers {words[settings.CHATS_OF_USER_AT_ONCE]} questions at once" in limits
    assert f"up to {settings.WAIT_DEFAULT_S} seconds" in text_of("api")


def test_every_type_of_error_is_listed_with_its_status() -> None:
    told = {row[0].strip("`"): int(row[1]) for row in table_of("errors/", below="Types")}
    assert told == {kind.type: status for kind, status in STATUS.items()} | {
        InternalError.type: 500
    }


def given(address: str) -> list[dict[str, Any]]:
    return [json.loads(one.code) for one in samples("json") if one.address == address]


def test_the_402s_are_what_the_studio_answers_to_the_letter(settings: Any) -> None:
    settings.PUBLIC_URL = "http://localhost:8000"
    chat = in_usd(
        Shortage("chat", "gpt-4o", required=2 * CREDIT, available=CREDIT // 2),
        max_tokens=4096,
        input_tokens=150,
        request_id="req_abc123",
    )
    step = in_credits(
        Shortage(
            "base-views/analyze",
            "base-views/analyze",
            required=CREDIT * 48 // 10,
            available=CREDIT * 35 // 10,
            held=3 * CREDIT,
        ),
        alternatives=[
            Alternative("Analyse 5 views instead", 3 * CREDIT, "views", {"views": 5}),
        ],
        by_plan=True,
    )
    answers = [envelope(error, "req_abc123") for error in (chat, step)]
    assert given("errors/insufficient-credits") == json.loads(json.dumps(answers))


def test_the_envelope_is_what_the_api_answers(db: None) -> None:
    (example,) = given("errors/")
    names = [row[0].strip("`") for row in table_of("errors/", below="Errors")]
    assert set(names) == {*example["error"], "fields"}


def codes_told() -> set[str]:
    return {
        code
        for _, codes in table_of("errors/", below="Codes")
        for code in re.findall(r"`([A-Z_]+)`", codes)
    }


def test_every_code_that_is_told_is_in_the_code() -> None:
    said = "\n".join(source.read_text() for source in sources()).upper()
    for code in codes_told():
        assert f'"{code}"' in said, code


def test_every_code_that_an_error_is_given_is_told() -> None:
    given_codes = {
        keyword.value.value
        for source in sources()
        for call in ast.walk(ast.parse(source.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in KINDS
        for keyword in call.keywords
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant)
    }
    assert len(given_codes) > 20
    assert given_codes - codes_told() == NOT_BY_API
